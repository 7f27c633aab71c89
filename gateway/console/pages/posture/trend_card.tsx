import type { PostureDay } from "../../api/posture.ts";
import { Card } from "../../components/parts.tsx";
import type { Visit } from "../../context.ts";
import { POSTURE } from "./texts.ts";

/** Days that are drawn: a quarter, which is what a review looks back on. */
const DAYS = 90;
const WIDTH = 600, HEIGHT = 100, EDGE = 3;

/** How the site's score went, day by day. Said in words as well as drawn. */
export function TrendCard({ visit, days }: { visit: Visit; days: readonly PostureDay[] }) {
  const t = POSTURE.in(visit.language), shown = days.slice(-DAYS);
  const first = shown[0], last = shown.at(-1);
  if (!first || !last || first === last) {
    return <Card title={t("trend")} lead={t("trendSoon")} />;
  }
  const lowest = shown.reduce((low, one) => one.percent < low.percent ? one : low);
  const words = t("trendWords", {
    ...{ first: first.day, from: first.percent, last: last.day, to: last.percent },
    ...{ lowest: lowest.day, low: lowest.percent },
  });
  return (
    <Card title={t("trend")} lead={words}>
      <svg class="trend" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={words}>
        <path class="half" d={`M0 ${HEIGHT / 2}H${WIDTH}`} />
        <polyline points={pointsOf(shown)} />
      </svg>
      <div class="trend-ends small muted">
        <span>{`${first.day}: ${first.percent} %`}</span>
        <span>{`${last.day}: ${last.percent} %`}</span>
      </div>
    </Card>
  );
}

/**
 * Points of the line, "x,y" by blanks: x by the day, so that days on which the gateway was off leave a gap, y from 0 % at
 * the bottom to 100 % at the top, an edge away from both.
 */
export function pointsOf(days: readonly Pick<PostureDay, "day" | "percent">[]): string {
  const at = ({ day }: Pick<PostureDay, "day">) => Date.parse(`${day}T00:00:00Z`);
  const begin = at(days[0]!), span = at(days.at(-1)!) - begin;
  return days.map((one) => {
    const x = (at(one) - begin) / span * WIDTH, y = EDGE + (100 - one.percent) / 100 * (HEIGHT - 2 * EDGE);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  }).join(" ");
}
