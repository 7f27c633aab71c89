import { Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import type { ControlApi } from "../core/control_api.ts";
import type { Rpc } from "../core/rpc.ts";

/** The console's HTTP application. Handlers ask control; they hold no keys and no store. */
export function createConsoleApp(control: Pick<Rpc<ControlApi>, "call">): Hono {
  const app = new Hono();
  app.use(secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      baseUri: ["'none'"],
    },
    referrerPolicy: "no-referrer",
    xFrameOptions: "DENY",
  }));
  app.use(async function noStore(context, next) {
    await next();
    context.header("cache-control", "no-store");
  });
  /** Liveness: this Worker answers. Says nothing about the rest, so that a restart loop cannot be caused from here. */
  app.get("/healthz", (context) => context.json({ ok: true }));
  /** Readiness: every Worker is ready. Names and reasons stay inside; `status` has them. */
  app.get("/readyz", async (context) => {
    const { ready } = await control.call("health.summary", {}).catch(() => ({ ready: false }));
    return context.json({ ready }, ready ? 200 : 503);
  });
  app.get("/", (context) => context.html(<Landing />));
  app.get("/console.css", (context) => context.body(STYLE, 200, { "content-type": "text/css; charset=utf-8" }));
  app.notFound((context) => context.json({ error: "not found" }, 404));
  app.onError((_error, context) => context.json({ error: "failed" }, 500));
  return app;
}

function Landing() {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Bulkhead</title>
        <link rel="stylesheet" href="/console.css" />
      </head>
      <body>
        <main>
          <h1>Bulkhead</h1>
          <p>This site gateway is running. It is operated from its own command line:</p>
          <pre>
            <code>{COMMANDS}</code>
          </pre>
          <p>
            Health for machines: <a href="/healthz">/healthz</a> and <a href="/readyz">/readyz</a>.
          </p>
        </main>
      </body>
    </html>
  );
}

const COMMANDS = ["status", "stations", "alarms list"].map((command) => `deno task start ${command}`).join("\n");

const STYLE = `:root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}
body{margin:0;display:grid;min-height:100vh;place-items:center;background:Canvas;color:CanvasText}
main{max-width:34rem;padding:2rem}
h1{margin:0 0 1rem;font-size:1.75rem}
pre{padding:1rem;border:1px solid GrayText;border-radius:.5rem;overflow-x:auto}
a{color:LinkText}`;
