"""Figure 2: a layer of two channels is one scatter plot, one of ten the matrix of all pairs."""

from studio import Studio, beside, captioned, run

SIDE = 310  # points


def draw(studio: Studio) -> None:
    with studio.plots(SIDE) as viewer:
        two = captioned("feat: two channels", studio.matrix(viewer))
    with studio.plots(SIDE) as viewer:
        viewer.show_layer("ip2")
        viewer.fit()
        ten = captioned("ip2: ten channels", studio.matrix(viewer))
    studio.save("2-views", beside(two, ten))


if __name__ == "__main__":
    run(draw)
