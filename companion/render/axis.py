"""An axis of time in a picture."""

from dataclasses import dataclass

from companion.render.svg import Svg

STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 120, 300, 600, 1200, 3600, 7200, 36000)
TICK = 45  # pixels from one time to the next, at the least


@dataclass(frozen=True)
class Axis:
    """Where a time is, from left to right."""

    left: float
    right: float
    end: float

    def x(self, t: float) -> float:
        return self.left + t / self.end * (self.right - self.left)

    def draw(self, svg: Svg, y: float) -> None:
        svg.line(self.left, y, self.right, y)
        most = min(10, (self.right - self.left) / TICK)
        step = next((s for s in STEPS if self.end / s <= most), self.end)
        for n in range(int(self.end / step) + 1):
            svg.line(self.x(n * step), y, self.x(n * step), y + 5)
            svg.text(self.x(n * step), y + 20, f"{n * step:g} s", "dim", "middle")
