/** A text in the languages of the console. */
interface Text {
  readonly en: string;
  readonly de: string;
}

/** One step of the commissioning protocol. policies/commissioning_types.ts says what each part means. */
export interface CommissioningStep {
  readonly id: string;
  readonly group: "identity" | "electrical" | "ocpp" | "network" | "device";
  readonly kind: "auto" | "confirm" | "label" | "measure" | "photo";
  readonly per: "bay" | "station";
  readonly needs?: "network" | "ocpp" | "ui";
  readonly title: Text;
  readonly ask?: Text;
  readonly source?: string;
  readonly unit?: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly check?: string;
  readonly mayExcept?: boolean;
}

const VDE = "IEC 60364-6, DIN VDE 0100-600";

function photo(id: string, title: Text, ask: Text): CommissioningStep {
  return { id, group: "identity", kind: "photo", per: "bay", title, ask };
}

function measure(id: string, title: Text, ask: Text, more: Partial<CommissioningStep>): CommissioningStep {
  return { id, group: "electrical", kind: "measure", per: "bay", source: VDE, title, ask, ...more };
}

function auto(
  id: string,
  needs: NonNullable<CommissioningStep["needs"]>,
  title: Text,
  more: Partial<CommissioningStep> = {},
): CommissioningStep {
  const group = id.split(".")[0] as CommissioningStep["group"];
  return { id, group, kind: "auto", per: "station", needs, check: id, title, mayExcept: true, ...more };
}

/**
 * What is looked at before a bay is handed over, in the order of a walk. Bounds of measurements are those of a TN system of
 * 230/400 V with a 30 mA residual current device and a C32 circuit breaker; a site with others enters what it measured and
 * has its own electrician judge it.
 */
export const COMMISSIONING_STEPS: readonly CommissioningStep[] = [
  {
    ...{ id: "identity.label", group: "identity", kind: "label", per: "station", mayExcept: true },
    title: { en: "The station's label", de: "Typenschild der Station" },
    ask: {
      en:
        "Scan or type what stands on the label: it is held beside what the station says of itself and what site.yaml says.",
      de:
        "Scannen oder tippen Sie, was auf dem Typenschild steht: Es wird mit dem verglichen, was die Station von sich sagt und was in site.yaml steht.",
    },
  },
  photo("identity.photo-label", { en: "Photo of the label", de: "Foto des Typenschilds" }, {
    en: "All of the label, legible.",
    de: "Das ganze Typenschild, lesbar.",
  }),
  photo("identity.photo-installation", { en: "Photo of the installation", de: "Foto der Installation" }, {
    en: "The station at its bay with its number.",
    de: "Die Station an ihrem Stellplatz mit der Nummer.",
  }),
  photo(
    "identity.photo-cable",
    { en: "Photo of supply and network cable", de: "Foto von Zuleitung und Netzwerkkabel" },
    {
      en: "Where both enter the station, before the cover is closed.",
      de: "Wo beide in die Station gehen, bevor die Abdeckung geschlossen wird.",
    },
  ),
  {
    ...{ id: "electrical.inspection", group: "electrical", kind: "confirm", per: "bay", source: VDE },
    title: {
      en: "Inspected: no damage, cover and seals in place",
      de: "Besichtigt: keine Schäden, Abdeckung und Dichtungen sitzen",
    },
    ask: {
      en: "Name the test instrument in the note, with its serial number.",
      de: "Nennen Sie in der Notiz das Messgerät mit Seriennummer.",
    },
  },
  measure("electrical.protective-conductor", {
    en: "Protective conductor, continuity",
    de: "Schutzleiter, Durchgängigkeit",
  }, {
    en: "Between the station's protective terminal and the main earthing terminal.",
    de: "Zwischen Schutzleiteranschluss der Station und Haupterdungsschiene.",
  }, { unit: "Ω", atLeast: 0, atMost: 1 }),
  measure("electrical.insulation", { en: "Insulation resistance", de: "Isolationswiderstand" }, {
    en: "At 500 V DC, every live conductor to earth, the lowest value.",
    de: "Mit 500 V DC, jeder aktive Leiter gegen Erde, der kleinste Wert.",
  }, { unit: "MΩ", atLeast: 1 }),
  measure("electrical.loop-impedance", { en: "Loop impedance", de: "Schleifenimpedanz" }, {
    en: "At the socket or plug, the highest value.",
    de: "An Steckdose oder Stecker, der größte Wert.",
  }, { unit: "Ω", atLeast: 0, atMost: 0.72 }),
  measure(
    "electrical.rcd-time",
    { en: "Residual current device, time to trip", de: "Fehlerstromschutz, Auslösezeit" },
    {
      en: "At its rated residual current, the longest.",
      de: "Beim Bemessungsdifferenzstrom, die längste.",
    },
    { unit: "ms", atLeast: 1, atMost: 300 },
  ),
  measure("electrical.rcd-current", {
    en: "Residual current device, current that trips",
    de: "Fehlerstromschutz, Auslösestrom",
  }, {
    en: "With a rising current.",
    de: "Mit ansteigendem Strom.",
  }, { unit: "mA", atLeast: 15, atMost: 30 }),
  {
    ...{ id: "electrical.rotation", group: "electrical", kind: "confirm", per: "bay", source: VDE },
    title: { en: "Polarity and phase sequence are right", de: "Polarität und Drehfeld stimmen" },
    ask: {
      en: "Rotated phases on purpose: say so in the note.",
      de: "Absichtlich gedrehte Phasen: in der Notiz nennen.",
    },
  },
  auto("ocpp.connected", "ocpp", { en: "Connected to the gateway", de: "Mit dem Gateway verbunden" }, {
    mayExcept: false,
  }),
  auto("ocpp.profile", "ocpp", { en: "Security profile and TLS", de: "Sicherheitsprofil und TLS" }, {
    source: "EV-08, EV-25",
  }),
  auto("ocpp.credential", "ocpp", {
    en: "A credential of its own, not that of its factory",
    de: "Eigene Zugangsdaten, nicht die des Werks",
  }, {
    ...{ source: "EV-01", mayExcept: false },
  }),
  auto("ocpp.boot", "ocpp", {
    en: "It has told what it is (BootNotification)",
    de: "Sie hat sich gemeldet (BootNotification)",
  }),
  auto("ocpp.heartbeat", "ocpp", { en: "Heartbeat on request", de: "Heartbeat auf Anfrage" }),
  auto("ocpp.clock", "ocpp", { en: "Its clock is right", de: "Ihre Uhr geht richtig" }),
  auto("ocpp.status", "ocpp", { en: "StatusNotification on request", de: "StatusNotification auf Anfrage" }),
  auto("ocpp.badges", "ocpp", {
    en: "It forgets badges when it is told to (ClearCache)",
    de: "Sie vergisst Karten auf Anweisung (ClearCache)",
  }, { source: "EV-24" }),
  auto("ocpp.charge", "ocpp", {
    en: "A charge from start to stop since the protocol began",
    de: "Eine Ladung von Start bis Ende seit Beginn des Protokolls",
  }),
  {
    ...{ id: "ocpp.charged", group: "ocpp", kind: "confirm", per: "station", needs: "ocpp", mayExcept: true },
    title: {
      en: "Seen on site: badge taken, charging, stopped",
      de: "Vor Ort gesehen: Karte angenommen, geladen, beendet",
    },
    ask: {
      en: "Stop once by the badge or by the CSMS. Compare the kWh with the meter.",
      de: "Einmal mit der Karte oder aus dem CSMS beenden. Vergleichen Sie die kWh mit dem Zähler.",
    },
  },
  auto("network.address", "network", { en: "Address and cable are its own", de: "Adresse und Kabel gehören ihr" }, {
    source: "EV-18",
  }),
  auto("network.mac", "network", { en: "Its MAC address is known", de: "Ihre MAC-Adresse ist bekannt" }),
  auto("network.segmentation", "network", {
    en: "Ports are blocked but for what is declared",
    de: "Ports sind gesperrt bis auf das Erklärte",
  }, { source: "EV-02, EV-03" }),
  auto("device.password", "ui", { en: "No password of the factory works", de: "Kein Passwort des Werks gilt" }, {
    source: "EV-01",
    mayExcept: false,
  }),
  auto("device.recovery", "ui", {
    en: "A way in if the password is lost",
    de: "Ein Weg hinein, wenn das Passwort verloren geht",
  }, { source: "BC-13" }),
  auto("device.old-pages", "ui", {
    en: "The maker's old pages are closed or blocked",
    de: "Die alten Seiten des Herstellers sind zu oder gesperrt",
  }, { source: "BC-14", mayExcept: false }),
  auto("device.https", "ui", {
    en: "Its pages by HTTPS with a pinned certificate",
    de: "Seine Seiten über HTTPS mit festgelegtem Zertifikat",
  }, { source: "BC-10, EV-16" }),
  auto("device.firmware", "ocpp", {
    en: "Firmware without known weaknesses",
    de: "Firmware ohne bekannte Schwachstellen",
  }, { source: "EV-26" }),
  auto("device.posture", "network", {
    en: "No line of high severity is unmet",
    de: "Keine Zeile hoher Schwere ist unerfüllt",
  }),
];
