"""Why a layer cannot be made: the text follows its name, and those of all layers are gathered in one sentence."""


class Unsupported(Exception):
    """Caffe may know it, but it is not done here."""


class Misfit(Exception):
    """The layer does not fit its weights, or is told what means nothing."""


class NoWeights(Misfit):
    """The layer needs weights, and the file has none of its name."""
