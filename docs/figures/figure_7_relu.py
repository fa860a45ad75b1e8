"""Figure 7: the effect of the ReLU: without it the channels of ip2 depend on each other, which the stripes show."""

from studio import Studio, beside, captioned, run

SIDE = 290  # points


def draw(studio: Studio) -> None:
    if not studio.mnist:
        return  # the small digits have no network without a ReLU
    panels = []
    for text, config in (("with the ReLU", ""), ("without it", "mnist_norelu")):
        with studio.plots(SIDE, config) as viewer:
            viewer.show_layer("ip2")
            viewer.fit()
            panels.append(captioned(text, studio.matrix(viewer)))
    studio.save("7-relu", beside(*panels))


if __name__ == "__main__":
    run(draw)
