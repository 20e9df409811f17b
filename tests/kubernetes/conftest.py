import os
import pathlib
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import bed as testbed


@pytest.fixture(scope="session")
def built():
    if os.geteuid() != 0:
        pytest.skip("pods run in network namespaces, which only root makes")
    if not testbed.is_built():
        if not testbed.find_go():
            pytest.skip("no Go >= 1.26 in /usr/local/go/bin or PATH")
        testbed.build()


@pytest.fixture(scope="session")
def bed(built):
    # Not below a folder that only root may enter: pods run as others.
    with tempfile.TemporaryDirectory(prefix="fairlead-bed-") as folder:
        os.chmod(folder, 0o755)
        binary = os.environ.get("FAIRLEAD", str(testbed.ROOT / "build/fairlead"))
        cluster = testbed.Bed(folder, binary)
        try:
            yield cluster
        finally:
            cluster.stop()
