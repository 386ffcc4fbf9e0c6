"""How Sphinx builds the pages; `build.py` gathers what it reads."""

import kfx

project = "kfx"
author = "kfx developers"
version = release = kfx.__version__
copyright = "kfx developers"

extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon", "myst_nb", "sphinx_design"]
source_suffix = {".rst": "restructuredtext", ".md": "myst-nb", ".ipynb": "myst-nb"}
exclude_patterns = ["readme*"]
default_role = "code"
toc_object_entries = False

autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
autodoc_inherit_docstrings = False
autodoc_member_order = "bysource"
python_use_unqualified_type_names = True
napoleon_google_docstring = True
napoleon_use_rtype = False

myst_enable_extensions = ["colon_fence", "attrs_block"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # the tutorials show their stored outputs, which are tested; build.py ran the gallery
nb_ipywidgets_js = {}  # the static faces need no script, and nothing is fetched from another host
suppress_warnings = ["misc.highlighting_failure", "ref.python"]  # magics; `type`, which is also an attribute of facts

html_theme = "pydata_sphinx_theme"
html_title = "kfx"
html_static_path = ["_static"]
html_css_files = ["kfx.css"]
html_show_sourcelink = False
html_sidebars = {page: [] for page in ("index", "start", "gallery", "changelog")}
html_theme_options = {
    "logo": {"text": "kfx"},
    "navbar_align": "left",
    "navbar_persistent": ["search-button"],
    "show_prev_next": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "friendly",
    "pygments_dark_style": "monokai",
}
