import type { AccessGrant } from "./access_types.ts";

const MADE = { createdBy: "bulkhead", createdAt: 0 } as const;
const ALL = { all: true } as const;

/** Grants that every site has (docs/roles.md). They are listed like all others and cannot be removed. */
export const BUILT_IN_GRANTS: readonly AccessGrant[] = [
  {
    id: "built-in.operator-views",
    who: { role: "operator" },
    stations: ALL,
    deviceRoles: ["user"],
    capabilities: ["view"],
    when: { kind: "always" },
    secondFactor: false,
    maxMinutes: 480,
    because: "Operators watch stations",
    ...MADE,
  },
  {
    id: "built-in.administrator-configures",
    who: { role: "administrator" },
    stations: ALL,
    deviceRoles: ["user", "operator", "installer"],
    capabilities: ["view", "edit", "firmware", "secrets", "reset", "tunnel"],
    when: { kind: "always" },
    secondFactor: true,
    maxMinutes: 240,
    because: "Administrators install and configure stations",
    ...MADE,
  },
  {
    id: "built-in.administrator-manufacturer",
    who: { role: "administrator" },
    stations: ALL,
    deviceRoles: ["manufacturer"],
    capabilities: ["view", "edit", "firmware", "secrets", "reset", "tunnel"],
    when: { kind: "request" },
    secondFactor: true,
    maxMinutes: 120,
    because: "What only the maker should change needs two people",
    ...MADE,
  },
];
