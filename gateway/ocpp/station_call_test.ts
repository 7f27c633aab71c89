import { deepStrictEqual as equal } from "node:assert/strict";
import { stationCallAnswer } from "./station_call.ts";

Deno.test("own calls: why a station refuses is told without the secret that it was to set", () => {
  const description = "cannot set AuthorizationKey=S3CRET";
  equal(stationCallAnswer({ is: "error", code: "InternalError", description, details: { value: "S3CRET" } }), {
    error: { code: "InternalError", description: "cannot set AuthorizationKey [stripped]" },
  });
  equal(stationCallAnswer({ is: "error", code: "NotSupported", description: "no such action", details: {} }), {
    error: { code: "NotSupported", description: "no such action" },
  });
});
