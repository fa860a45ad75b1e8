"""Figure 8: two channels of pool2 that find the right edges of the 1s: a region, and the average of its patches."""

from studio import SCALE, Studio, below, beside, captioned, run

SIDE = 280  # points
AVERAGE, BAR = 94, 8  # points: height of the feature maps in which the average patch stands; the scroll bar beside
REGION = (  # values of the two channels: where most patches are of 1s
    *((-0.45, 0.05), (-0.3, 0.13), (-0.12, 0.13), (-0.07, 0.03), (0.05, -0.15), (0.05, -0.28)),
    *((-0.05, -0.55), (-0.13, -0.55), (-0.2, -0.36), (-0.3, -0.36), (-0.43, -0.15)),
)


def draw(studio: Studio) -> None:
    with studio.plots(SIDE) as viewer:
        viewer.state.opacity = 0.2
        viewer.show_layer("pool2")
        viewer.select("1")
        viewer.next_cell()  # the one in which the 1s can best be told from the rest
        panels = [captioned("pool2: patches of 1s", studio.matrix(viewer))]
        if studio.mnist:
            viewer.lasso(5, 16, REGION)
            count = viewer.state.selection.count
            region = captioned(f"{count:,} patches under a lasso", studio.matrix(viewer))
            viewer.alone(False)
            viewer.window.resize(1000, 700)
            viewer.widths(180, 330)
            average = viewer.picture(panel="maps")[: AVERAGE * SCALE, : -BAR * SCALE]
            panels = [below(beside(*panels, region), captioned("their images and the patches, averaged", average))]
    studio.save("8-two-channels", panels[0])


if __name__ == "__main__":
    run(draw)
