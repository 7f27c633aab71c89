/**
 * What single models of stations can use: roots, ports, keys. Data: only what a source says; what nobody knows is absent.
 * The form is StationModel in policies/station_model.ts. `station climb` and `check` read it. Alphabetical by vendor.
 */
export const STATION_MODELS = [
  {
    vendor: "bender",
    models: [],
    source:
      "key names of the vendor's web interface and its key page, firmware 5.33: OCPP key = setting without module",
    urlKey: { key: "JsonOCPPBackendURL", withId: false },
  },
  {
    vendor: "ebee",
    models: [],
    source: "the same controllers as bender under their earlier name",
    urlKey: { key: "JsonOCPPBackendURL", withId: false },
  },
  {
    vendor: "schneider electric",
    models: ["evlink"],
    source: "public dump of the OCPP 1.6 keys of EVlink Parking, firmware 3.2 to 3.4: a writable wss URL",
    urlKey: { key: "ocppcentraladdress", withId: false },
  },
] as const;
