"""Figure 1: the window, with the 8s selected in the last layer."""

from studio import Studio, run


def draw(studio: Studio) -> None:
    with studio.viewer((960, 700)) as viewer:
        viewer.select("8")
        viewer.hover("feat", int((viewer.cache.label == 8).argmax()))
        studio.save("1-window", viewer.picture())


if __name__ == "__main__":
    run(draw)
