import { deepEqual, ok } from "node:assert/strict";
import { PAGES } from "../../gateway/console/pages/registry.ts";
import { CONSOLE_PATHS, DOOR_PATHS, LOGIN_STEP_PATHS } from "../support/console_paths.ts";
import { ConsoleRig } from "../support/console_rig.ts";

/** What tests/netns/console_pages_test.ts opens in Chromium, with axe, at both widths and in both languages. */
const LOOKED_AT = [...CONSOLE_PATHS, ...DOOR_PATHS, ...LOGIN_STEP_PATHS].map((path) => path.split("?")[0]!);
/** Routes that are no pages for eyes, each with why. */
const NO_PAGES: readonly (readonly [RegExp, string])[] = [
  [/^\/api\/v1\//, "for machines"],
  [/^\/assets\//, "files of the pages"],
  [/^\/live\//, "parts of pages, looked at within them"],
  [/^\/(healthz|readyz)$/, "for machines"],
  [/^\/firmware\/images\/:image\/file$/, "an image to be saved"],
  [/^\/stations\/:station\/device\/files\/:file$/, "a controller's file to be saved"],
  [/^\/language\//, "leads back to a page"],
  [/^\/commissioning\/:bay\/paper$/, "a file to save"],
  [/^\/decommissioning\/certificates\/:name$/, "a file to save"],
  [/^\/commissioning\/:bay\/photos\/:step$/, "a picture within pages"],
  [/^\/inspections\/:inspection\/photos\/:number\/picture$/, "a picture within pages"],
  [/^\/plan\/floors\/:floor\/picture$/, "a picture within pages"],
  [/^\/logs\/hand-outs\/:handout$/, "a file to save"],
  [/^\/login\/oidc/, "leads to the identity provider and back"],
  [/^\/setup$/, "exists until the first administrator does; tests/netns/device_pages_walk_test.ts goes through it"],
];

const routesOf = (
  own: ConsoleRig,
) => [
  ...new Set(
    own.app.routes.filter(({ method, path }) => method === "GET" && !path.includes("*")).map(({ path }) => path),
  ),
];
const fits = (route: string, path: string) => new RegExp(`^${route.replace(/:\w+/g, "[^/]+")}$`).test(path);

Deno.test("every page: each page of the registry is looked at in Chromium, with axe; a new one cannot be forgotten", () => {
  ok(PAGES.length > 20);
  const forgotten = PAGES.map(({ path }) => path)
    .filter((route) => !NO_PAGES.some(([kind]) => kind.test(route)))
    .filter((route) => !LOOKED_AT.some((path) => fits(route, path)));
  deepEqual(forgotten, [], "add a path to tests/support/console_paths.ts");
});

Deno.test("EV-10: the console has no debug or test interface: every route is a page that is looked at, or named here", () => {
  const routes = routesOf(new ConsoleRig());
  ok(routes.length > 80, `${routes.length}`);
  const unknown = routes.filter((route) => !NO_PAGES.some(([kind]) => kind.test(route)))
    .filter((route) => !LOOKED_AT.some((path) => fits(route, path)));
  deepEqual(unknown, []);
  for (const [kind] of NO_PAGES) ok(routes.some((route) => kind.test(route)), `${kind} names a route that is gone`);
});
