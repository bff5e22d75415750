import pytest

from reactive_schedules.search.executor import devices

TWO = """GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-aaaa)
GPU 1: NVIDIA H100 80GB HBM3 (UUID: GPU-bbbb)
"""
DIVIDED = """GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-aaaa)
  MIG 3g.20gb     Device  0: (UUID: MIG-1111)
  MIG 3g.20gb     Device  1: (UUID: MIG-2222)
GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-bbbb)
"""


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("0", ["0"]),
        ("2, 0", ["2", "0"]),
        ("GPU-aaaa,MIG-1111", ["GPU-aaaa", "MIG-1111"]),
        ("", []),
        ("-1", []),
        ("NoDevFiles", []),
        ("1,-1,0", ["1"]),  # CUDA ignores what comes after a device that does not exist
    ],
)
def test_the_variable_is_read_as_cuda_reads_it(value, names):
    assert devices.visible({devices.VISIBLE: value}) == devices.named(value) == names


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        (TWO, ["GPU-aaaa", "GPU-bbbb"]),
        (DIVIDED, ["MIG-1111", "MIG-2222", "GPU-bbbb"]),
        ("No devices found.\n", []),
        ("", []),
    ],
)
def test_devices_that_the_driver_lists(lines, names):
    assert devices.in_list(lines) == names


@pytest.mark.parametrize(
    ("processes", "given", "expected"),
    [
        (1, [], [None]),
        (2, [], [None, None]),
        (1, ["0"], ["0"]),
        (1, ["3", "5"], ["3"]),
        (2, ["3", "5"], ["3", "5"]),
        (2, ["3", "5", "7"], ["3", "5"]),
        (5, ["3", "5"], ["3", "5", "3", "5", "3"]),
    ],
)
def test_each_process_gets_one_device(processes, given, expected):
    found = [devices.environment(number, processes, given) for number in range(1, processes + 1)]
    assert [each.get(devices.VISIBLE) for each in found] == expected
    shares = processes > len(given) > 0
    assert all((devices.SHARED.items() <= each.items()) == shares for each in found)
    assert bool(devices.shortage(processes, given)) == shares


def test_a_shortage_is_said_in_one_line():
    assert devices.shortage(3, ["0"]) == (
        "search.processes: 3 processes share 1 GPU; for a GPU each, set it to 1"
    )


@pytest.mark.parametrize(
    ("processes", "given", "expected"),
    [
        (1, ["3", "5"], ["3,5"]),
        (2, ["3", "5", "7", "9"], ["3,5", "7,9"]),
        (2, ["3", "5", "7"], ["3", "5"]),
        (3, ["3", "5"], ["3", "5", "3"]),
        (1, [], [None]),
    ],
)
def test_processes_divide_the_devices_if_a_trial_trains_on_several(processes, given, expected):
    found = [
        devices.environment(number, processes, given, several=True) for number in range(1, processes + 1)
    ]
    assert [each.get(devices.VISIBLE) for each in found] == expected
