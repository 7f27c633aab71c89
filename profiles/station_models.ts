/**
 * What single models of stations can use: roots, ports, keys. Data: only what a source says; what nobody knows is absent.
 * The form is StationModel in policies/station_model.ts. `station climb` and `check` read it. Alphabetical by vendor.
 */
export const STATION_MODELS = [
  {
    vendor: "alfen",
    models: [],
    source: "field report SmartEVSE-3.5 issue 363: roots are part of the firmware",
    fixedRoots: true,
    installsRoots: false,
  },
  {
    vendor: "autel",
    models: [],
    source: "field report SmartEVSE-3.5 issue 363: roots are part of the firmware",
    fixedRoots: true,
    installsRoots: false,
  },
  {
    vendor: "bender",
    models: [],
    source: "names of the vendor's settings, firmware 5.33: the OCPP key is the setting without its module",
    urlKey: { key: "JsonOCPPBackendURL", withId: false },
  },
  {
    vendor: "ebee",
    models: [],
    source: "the controllers of bender under their earlier name",
    urlKey: { key: "JsonOCPPBackendURL", withId: false },
  },
  {
    vendor: "schneider",
    models: ["evlink"],
    source: "public list of the OCPP 1.6 keys of EVlink Parking, firmware 3.2 to 3.4: a writable wss URL",
    urlKey: { key: "ocppcentraladdress", withId: false },
  },
] as const;
