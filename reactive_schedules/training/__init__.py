"""`fit`: train, validate, observe, act, save. The only room that knows a backend."""
