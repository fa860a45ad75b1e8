"""Make all figures: `python docs/figures`."""

from importlib import import_module

from studio import HERE, Studio

studio = Studio()
for script in sorted(HERE.glob("figure_*.py")):
    import_module(script.stem).draw(studio)
