"""Figure 3: a point of a layer with positions, the part of its image that it looks at (the thin box), and the part that
it stands for (the thick one)."""

from studio import Studio, beside, run, trimmed

LAYER, CELL = "pool2", (5, 16)  # the channels of figure 8
SIDE = 330  # points
AT = 1, 1  # y, x


def draw(studio: Studio) -> None:
    with studio.plots(SIDE) as viewer:
        row = int((viewer.cache.label == 1).argmax())
        viewer.show_layer(LAYER)
        viewer.select("1")
        viewer.frame(*CELL)
        viewer.hover(LAYER, row, *AT)
        plot = studio.matrix(viewer)
    with studio.viewer(scale=4) as viewer:
        viewer.widths(280, 160)
        viewer.show_layer(LAYER)
        viewer.hover(LAYER, row, *AT)
        image = viewer.picture(panel="image")
    studio.save("3-receptive-field", beside(plot, trimmed(image)))


if __name__ == "__main__":
    run(draw)
