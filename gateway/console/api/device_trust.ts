import { z } from "zod";
import { operation } from "./operation.ts";

const Station = z.string().min(1).max(48).describe("OCPP identity of the station");
const Said = z.object({ text: z.string() });

/** The certificates of a controller's pages: the one that counts, and another one that it presents. */
export const DevicePin = z.object({
  approved: z.object({
    ...{ fingerprint: z.string(), text: z.string() },
    source: z.enum(["approved", "file"]).describe("Approved by a person, or the pinFile of site.yaml"),
    ...{ by: z.string().optional(), at: z.number().optional() },
  }).nullable().describe("null: none, and the pages stay closed"),
  presented: z.object({ fingerprint: z.string(), text: z.string(), at: z.number() }).nullable()
    .describe("null: nothing else was seen"),
});
/** The certificates of a controller's pages. */
export type DevicePin = z.infer<typeof DevicePin>;

/** Which certificate of a controller's pages counts, and which one waits. */
export const readDevicePin = operation({
  id: "readDevicePin",
  method: "get",
  path: "/stations/{station}/device/certificate",
  tag: "devices",
  summary: "Says which certificate of a controller's pages is approved, and which other one it presents",
  needs: "command station pin show",
  input: z.object({ station: Station }),
  output: DevicePin,
  call: async (person, { station }) => DevicePin.parse((await person.run("station pin show", { station })).data),
});

/** Approves what a controller presents. */
export const approveDevicePin = operation({
  id: "approveDevicePin",
  method: "post",
  path: "/stations/{station}/device/certificate",
  tag: "devices",
  summary: "Approves the certificate that a controller presents, after its fingerprint was compared at the device",
  needs: "command station pin approve",
  input: z.object({
    station: Station,
    fingerprint: z.string().min(64).max(128).describe("SHA-256, hex; one that is not presented any more is refused"),
  }),
  output: Said,
  call: async (person, { station, fingerprint }) => ({
    text: (await person.run("station pin approve", { station, fingerprint })).text,
  }),
});

/** Lets the gateway log in again after refused logins. */
export const retryDeviceLogin = operation({
  id: "retryDeviceLogin",
  method: "post",
  path: "/stations/{station}/device/login-retry",
  tag: "devices",
  summary: "Forgives refused logins at a controller after somebody looked at it: the next request tries again",
  needs: "command station login-retry",
  input: z.object({ station: Station }),
  output: Said,
  call: async (person, { station }) => ({ text: (await person.run("station login-retry", { station })).text }),
});
