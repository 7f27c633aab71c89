import assert from "node:assert/strict";
import dashboard from "../../deploy/grafana/bulkhead.json" with { type: "json" };
import { type MetricDeclaration, METRICS } from "../../gateway/core/metric_names.ts";

/** Every query of the dashboard, with the title of its panel. */
const queries = dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, expr })));
const declared = new Map<string, MetricDeclaration>(Object.entries(METRICS));

/** The registry name behind a series: histograms show up as _bucket, _sum and _count. */
function declarationOf(series: string): MetricDeclaration | undefined {
  const base = series.replace(/_(bucket|sum|count)$/, "");
  const histogram = declared.get(base);
  return declared.get(series) ?? (base !== series && histogram?.type === "histogram" ? histogram : undefined);
}

Deno.test("dashboard: every metric it shows is one of ours", () => {
  const wrong = queries.flatMap(({ title, expr }) =>
    [...expr.matchAll(/bulkhead_\w+/g)].filter(([series]) => !declarationOf(series)).map(([series]) =>
      `${title}: ${series}`
    )
  );
  assert.deepEqual(wrong, []);
});

Deno.test("dashboard: every label it selects or groups by belongs to its metric", () => {
  const common = new Set(["instance", "le"]);
  const wrong = queries.flatMap(({ title, expr }) => {
    const labels = new Set(
      [...expr.matchAll(/bulkhead_\w+/g)].flatMap(([series]) => declarationOf(series)?.labels ?? []),
    );
    const selected = [...expr.matchAll(/[{,](\w+)[=!]~?"/g), ...expr.matchAll(/by \((\w+)\)/g)].map(([, label]) =>
      label!
    );
    return selected.filter((label) => !common.has(label) && !labels.has(label)).map((label) => `${title}: ${label}`);
  });
  assert.deepEqual(wrong, []);
});

Deno.test("dashboard: counters are shown as rates, never as they are", () => {
  const wrong = queries.filter(({ expr }) =>
    [...expr.matchAll(/bulkhead_\w+_total/g)].length !==
      [...expr.matchAll(/(rate|increase)\(bulkhead_\w+_total/g)].length
  );
  assert.deepEqual(wrong, []);
});

Deno.test("dashboard: every metric of Modbus and every Worker's heap is shown", () => {
  const names = [...declared.keys()].filter((name) => /^bulkhead_(modbus_|worker_heap)/.test(name));
  const shown = queries.map(({ expr }) => expr).join("\n");
  assert.deepEqual(names.filter((name) => !shown.includes(name)), []);
  assert.ok(names.length >= 9);
});

Deno.test("dashboard: panels have their own number and place", () => {
  assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
  for (const a of dashboard.panels) {
    assert.ok(a.gridPos.x + a.gridPos.w <= 24, a.title);
    for (const b of dashboard.panels.filter((other) => other.id > a.id)) {
      const apart = a.gridPos.x + a.gridPos.w <= b.gridPos.x || b.gridPos.x + b.gridPos.w <= a.gridPos.x ||
        a.gridPos.y + a.gridPos.h <= b.gridPos.y || b.gridPos.y + b.gridPos.h <= a.gridPos.y;
      assert.ok(apart, `"${a.title}" and "${b.title}" overlap`);
    }
  }
});
