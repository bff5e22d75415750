import subprocess
import sys

from tests.conftest import ROOT


def test_help_and_unknown_commands_load_nothing_heavy():
    heavy = "{'tensorflow', 'tfx', 'apache_beam', 'keras', 'pandas', 'pyarrow'}"
    code = (
        "import sys; from pipeline.__main__ import main;"
        "codes = [];\n"
        "for arguments in (['--help'], ['no-such-command']):\n"
        "    try: main(arguments)\n"
        "    except SystemExit as error: codes.append(error.code)\n"
        f"print(codes, sorted({heavy} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.stdout.splitlines()[-1] == "[0, 2] []", done.stdout + done.stderr
    assert "No such command 'no-such-command'" in done.stderr
