"""For whoever tests notebooks that show kfx views: what strict nbval must leave out of its comparison.

pytest --nbval --nbval-sanitize-with "$(python -c 'import kfx.testing; print(kfx.testing.SANITIZER)')"
"""

from pathlib import Path

SANITIZER = Path(__file__).parent / "nbval.cfg"
"""A file for ``--nbval-sanitize-with``. It masks a drawing's bytes, which depend on the Graphviz version, and what is derived
from them; the text beside each drawing stays compared."""
