"""Figure 6: the digits around the origin of the embedding, most of which are 8s."""

from studio import SCALE, Studio, below, beside, captioned, run, trimmed

COUNT, CLOSER = 100, 3.0
SIDE = 330  # points
ROW, ACROSS = 33, 262  # points of the gallery: a row, and without its scroll bar


def draw(studio: Studio) -> None:
    with studio.plots(SIDE) as viewer:
        viewer.state.point_size = 5.0
        viewer.select_nearest(0, 1, (0.0, 0.0), COUNT)
        viewer.zoom(CLOSER, 0, 1, (0.0, 0.0))
        plot = studio.matrix(viewer)
        viewer.alone(False)
        viewer.window.resize(1000, 900)
        viewer.widths(300, 260)
        legend, gallery = (trimmed(viewer.picture(panel=panel)) for panel in ("legend", "gallery"))
        gallery = gallery[: 3 * ROW * SCALE, : ACROSS * SCALE]
    found = below(captioned(f"the {COUNT} nearest to the origin", legend), gallery)
    studio.save("6-around-the-origin", beside(plot, found))


if __name__ == "__main__":
    run(draw)
