def pytest_addoption(parser):
    parser.addoption("--kills", type=int, default=2, help="times that each training is killed")
