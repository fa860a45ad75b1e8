"""Figure 5: what was selected in one layer, seen in others: in each the plot that shows it best."""

from studio import Studio, below, beside, captioned, run

SIDE = 240  # points
SELECTED = 600
OTHERS = "ip2", "relu1", "pool2"


def draw(studio: Studio) -> None:
    with studio.plots(SIDE) as viewer:
        viewer.select_nearest(0, 1, (0.0, 0.0), SELECTED)
        panels = [captioned(f"feat: the {SELECTED} nearest to the origin, selected", studio.matrix(viewer))]
        for layer in OTHERS:
            viewer.show_layer(layer)
            viewer.next_cell()
            panels.append(captioned(f"{layer}: the same images", studio.matrix(viewer)))
    studio.save("5-selection-in-layers", below(beside(*panels[:2]), beside(*panels[2:])))


if __name__ == "__main__":
    run(draw)
