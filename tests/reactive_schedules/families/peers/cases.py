"""Our families beside the schedules of other libraries that give the same rates.

A case is a family's arguments and a function that computes the peer's rates at the first `STEPS` steps. The peers
are imported only when such a function is called.
"""

from tests.reactive_schedules.families.peers.hugging_face_cases import HUGGING_FACE
from tests.reactive_schedules.families.peers.optax_cases import OPTAX
from tests.reactive_schedules.families.peers.pytabkit_cases import PYTABKIT
from tests.reactive_schedules.families.peers.timm_cases import TIMM
from tests.reactive_schedules.families.peers.torch_cases import TORCH

CASES = {
    f"{case.peer}: {name}": case
    for cases in (TORCH, OPTAX, HUGGING_FACE, TIMM, PYTABKIT)
    for name, case in cases.items()
}
