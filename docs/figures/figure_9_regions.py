"""Figure 9: the channel of relu1 that tells most about the 1s follows their slant, as its eight bands show."""

from studio import Studio, run

SIDE, STRIP = 420, 110  # points


def draw(studio: Studio) -> None:
    with studio.plots(SIDE, strip=STRIP) as viewer:
        viewer.show_layer("relu1")
        viewer.select("1")
        viewer.order("tells")
        viewer.channels("top 1")
        studio.save("9-slant-of-the-1s", studio.matrix(viewer))


if __name__ == "__main__":
    run(draw)
