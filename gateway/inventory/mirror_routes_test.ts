import { deepStrictEqual as equal } from "node:assert/strict";
import { Site } from "../config/schema.ts";
import type { SiteFiles } from "../core/conduit.ts";
import { mirrorRoutes, shadowRoute } from "./mirror_routes.ts";

const FILES: SiteFiles = {
  text: (path) => `text of ${path}`,
  bytes: (path) => new TextEncoder().encode(`${path}-secret\n`),
};

function site(csms: object[], upstreams?: object[]) {
  const ocpp = {
    protocols: ["ocpp1.6"],
    securityProfile: 2,
    csms: "main",
    passwordFile: "own",
    ...upstreams && { upstreams },
  };
  const all = [{ id: "main", url: "wss://main.example" }, ...csms];
  return Site.parse({
    version: 1,
    site: { id: "g" },
    stations: [{ id: "CP001", ocpp }],
    ocpp: { listeners: [{ listen: "127.0.0.1:8444", tls: {} }], csms: all },
  });
}

const routes = (csms: object[], upstreams?: object[]) => {
  const { stations, ocpp } = site(csms, upstreams);
  return mirrorRoutes(stations[0]!, ocpp!, FILES);
};
const EMS = { id: "ems", url: "wss://ems.example", mode: "read-only" };

Deno.test("mirror routes: a mirror never gets the station's own credential", () => {
  equal(routes([EMS]), [{
    route: { csms: "ems", url: "wss://ems.example", graceSeconds: 10 },
    mode: "read-only",
    actions: [],
    badges: "mask",
    whenMetered: "pause",
  }]);
});

Deno.test("mirror routes: what is shown to a mirror: the station's entry there, else that of the csms", () => {
  const pair = { certFile: "c", keyFile: "k" };
  const shared = { ...EMS, caFile: "ca", passwordFile: "shared", clientCertificate: pair };
  const basic = (secret: string) => ({ user: btoa("CP001"), password: btoa(secret) });
  const [one] = routes([shared]);
  equal(one!.route, {
    csms: "ems",
    url: "wss://ems.example",
    graceSeconds: 10,
    caPem: ["text of ca"],
    basic: basic("shared-secret"),
    clientCertificate: { certPem: "text of c", keyPem: "text of k" },
  });
  const [other] = routes([shared], [{
    csms: "ems",
    passwordFile: "mine",
    certificate: { certFile: "mc", keyFile: "mk" },
  }]);
  equal([other!.route.basic, other!.route.clientCertificate!.certPem], [basic("mine-secret"), "text of mc"]);
});

Deno.test("mirror routes: only for the stations that it is for, and only its actions", () => {
  const limited = { ...EMS, mode: "limited", actions: ["TriggerMessage"], stations: ["CP001"], badges: "pass" };
  equal(routes([limited]).map(({ mode, actions, badges }) => [mode, actions, badges]), [
    ["limited", ["TriggerMessage"], "pass"],
  ]);
  equal(routes([{ ...limited, stations: ["CP0011"] }]), []);
  equal(routes([{ id: "next", url: "wss://next.example" }]), [], "another primary is no mirror");
});

Deno.test("mirror routes: a shadow sees all and gets the credential that it will get as the station's own CSMS", () => {
  const { stations, ocpp } = site([{ id: "next", url: "wss://next.example" }]);
  const shadow = shadowRoute(stations[0]!, ocpp!.csms[1]!, FILES);
  equal([shadow.mode, shadow.badges, shadow.relaysCredential], ["shadow", "pass", true]);
  const own = site([{ id: "next", url: "wss://next.example", passwordFile: "shared" }]);
  equal(shadowRoute(own.stations[0]!, own.ocpp!.csms[1]!, FILES).relaysCredential, undefined);
});
