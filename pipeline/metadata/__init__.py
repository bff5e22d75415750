"""A metadata store on a server, which several people and machines share."""
