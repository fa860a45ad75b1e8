"""Figure 4: the average of every 8, at the input and at every layer."""

from studio import Studio, run, trimmed

SIZE = (1100, 760)  # points
MAPS = 560  # points, width of the feature maps


def draw(studio: Studio) -> None:
    with studio.viewer(SIZE) as viewer:
        viewer.widths(180, MAPS)
        viewer.select("8")
        studio.save("4-average-of-every-8", trimmed(viewer.picture(panel="maps")))


if __name__ == "__main__":
    run(draw)
