"""Networks that Caffe trained: a prototxt, which says what the layers are, with a caffemodel of their weights."""

from pathlib import Path

from torch import fx

from seeinin.precompute.caffe import blobs, network, program, prototxt, sizes


def load(network_path: Path, weights_path: Path) -> fx.GraphModule:
    """The network in phase TEST; ModelError says what is not supported, or does not fit, by the names of the layers."""
    runs = program.of(prototxt.read(network_path))
    built = network.build(runs, blobs.read(weights_path), weights_path)
    sizes.declared(built, runs)
    return built
