"""What the GPU draws, with VisPy: it knows arrays and pixels, and nothing of layers, images or classes."""

from seeinin.errors import DisplayError

CURE = (
    "install OpenGL (on Debian: apt install libgl1 libegl1 libgl1-mesa-dri) or update the graphics driver; "
    "Mesa's software OpenGL is enough"
)

try:
    import vispy.gloo.gl  # noqa: F401  loads the OpenGL library
except OSError as error:
    raise DisplayError(f"OpenGL cannot be loaded ({error}): {CURE}") from error
