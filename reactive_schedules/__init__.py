"""Learning-rate schedules that react to the data, for Keras 3.

`import reactive_schedules` is light: it loads neither Keras nor a backend. A name loads its module when it is first
used (`__init__.pyi` says which); the names that need Keras import Keras then. When Keras is loaded already, the
schedule classes are registered with Keras at once, so that a `.keras` file that holds one of them can be read.
"""

import sys
from importlib import import_module

import lazy_loader

from reactive_schedules.version import __version__

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__all__ += ["__version__"]

if "keras" in sys.modules and hasattr(sys.modules["keras"], "saving"):
    import_module("reactive_schedules.keras.registered")
