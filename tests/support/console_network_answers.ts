import type { Answers } from "./console_rig.ts";
import { RIG_NOW } from "./console_rig.ts";

const port = (index: number, more: object = {}) => ({
  ...{ index, name: `gi1/0/${index}`, isUp: true, devices: 1, neighbour: null, ...more },
});

/** What the pages of time and of switches ask, as a garage in use answers it. */
export const NETWORK_ANSWERS: Answers = {
  "command segmentation switches": {
    switches: [
      {
        ...{ id: "sw-garage", name: "SW-P2-North", description: "24 ports", readAt: RIG_NOW - 20_000, fault: null },
        ...{ isCut: false, devices: 9 },
        ports: [
          port(1, { alias: "bay 1" }),
          port(2, { alias: "bay 2", isUp: false, devices: 0 }),
          port(24, { devices: 7, neighbour: "sw-core" }),
        ],
      },
      {
        ...{ id: "sw-south", name: "", description: "", readAt: null, isCut: false, devices: 0, ports: [] },
        fault: "it does not answer: is it there, may this box ask it, and does it speak SNMPv3?",
      },
    ],
    isListening: true,
    neighbours: [
      {
        ...{ interface: "eth1", chassis: "02:00:00:00:01:01", port: "24", portDescription: "gi1/0/23" },
        ...{ name: "SW-P2-North", address: "10.20.0.2", vlan: 20, isBridge: true },
      },
    ],
    stations: [
      { station: "CP001", mac: "02:00:00:00:00:11", state: "ok", detail: "port gi1/0/1 of sw-garage, VLAN 20" },
      {
        ...{ station: "CP002", mac: "02:00:00:00:00:12", state: "bad" },
        detail: "port gi1/0/2 of sw-garage, where it was at 2026-01-01T00:00:00.000Z, has no link",
        fix: "Check its power and the cable at port gi1/0/2 of sw-garage.",
      },
      { station: "CP003", mac: null, state: "unknown", detail: "its MAC address is not known" },
    ],
  },
  "command time status": {
    box: {
      ...{ state: "following", why: "it follows ptbtime1.ptb.de" },
      report: {
        ageSeconds: 17,
        tracking: { stratum: 2, offsetSeconds: 0.000_41, leap: "Normal" },
        sources: [
          {
            ...{ host: "ptbtime1.ptb.de", state: "selected", isReachable: true, offsetSeconds: 0.0004 },
            nts: { cookies: 8, attempts: 0 },
          },
          {
            ...{ host: "time.cloudflare.com", state: "unreachable", isReachable: false, offsetSeconds: 0 },
            nts: { cookies: 0, attempts: 4 },
          },
          { host: "10.99.0.5", state: "not-combined", isReachable: true, offsetSeconds: -1.5 },
        ],
      },
    },
    stations: [
      {
        ...{ station: "CP003", offsetSeconds: -1_767_225_600 },
        verdict: {
          state: "certificate",
          detail: "its clock is 56 years behind: to it the certificate is not valid yet",
        },
      },
      { station: "CP002", offsetSeconds: 95, verdict: { state: "off", detail: "its clock is 95 seconds ahead" } },
      { station: "CP001", offsetSeconds: 0, verdict: { state: "right" } },
    ],
  },
};
