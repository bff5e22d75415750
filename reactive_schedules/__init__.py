"""Learning-rate schedules that react to the data, for Keras 3.

`import reactive_schedules` loads neither Keras nor a backend. Each name loads its module on first use, as listed in
`__init__.pyi`; only names that need Keras import it. If Keras is already loaded, the schedule classes are registered
with Keras at once, so that `.keras` files that contain them can be loaded.
"""

import sys
from importlib import import_module

import lazy_loader

from reactive_schedules.version import __version__

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__all__ += ["__version__"]
# Those of the extra `search` are not part of `import *`, which works without it.
for _name in ("Oracle", "ScheduleTuner"):
    list.remove(__all__, _name)

if "keras" in sys.modules and hasattr(sys.modules["keras"], "saving"):
    import_module("reactive_schedules.keras.registered")
