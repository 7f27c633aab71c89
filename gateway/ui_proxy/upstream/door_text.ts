import type { Door, DoorRule } from "./door.ts";

/** What a door says to the person before it. */
export interface DoorText {
  readonly title: string;
  readonly why: string;
  /** What to do, and whom to ask. */
  readonly next: string;
}

type Language = "de" | "en";
type Words = readonly [title: string, why: string, next: string];

/** Title, reason and next step; `{name}` stands for a fact of the door. */
const WORDS: Readonly<Record<DoorRule, Readonly<Record<Language, Words>>>> = {
  "ui.door.busy": {
    en: [
      "The device is in use",
      "The device knows one login at a time, and somebody has it past the gateway.",
      "Ask on site who is connected by cable or app; it is free again when they log out.",
    ],
    de: [
      "Das Gerät ist belegt",
      "Das Gerät kennt nur eine Anmeldung zur selben Zeit, und jemand hat sie am Gateway vorbei.",
      "Fragen Sie vor Ort, wer mit Kabel oder App verbunden ist; nach dessen Abmeldung ist es wieder frei.",
    ],
  },
  "ui.door.closed": {
    en: [
      "The device lets nobody in now",
      "The account is right, but: {why}.",
      "Settle this at the device, or wait; the gateway tries again with your next request.",
    ],
    de: [
      "Das Gerät lässt gerade niemanden ein",
      "Das Konto stimmt, aber: {why}.",
      "Klären Sie das am Gerät oder warten Sie; das Gateway versucht es mit Ihrer nächsten Anfrage wieder.",
    ],
  },
  "ui.door.control": {
    en: [
      "The gateway is restarting a part of itself",
      "The part that holds accounts does not answer, so nothing was sent to the device.",
      "Reload this page in a few seconds; if it stays, ask the network admin.",
    ],
    de: [
      "Das Gateway startet einen Teil von sich neu",
      "Der Teil, der die Konten hält, antwortet nicht; an das Gerät ging nichts.",
      "Laden Sie die Seite in einigen Sekunden neu; bleibt es so, fragen Sie den Netzwerkadministrator.",
    ],
  },
  "ui.door.ended": {
    en: ["This session is over", "The way to the device was closed.", "Open the device again in the console."],
    de: [
      "Diese Sitzung ist beendet",
      "Der Weg zum Gerät wurde geschlossen.",
      "Öffnen Sie das Gerät erneut in der Konsole.",
    ],
  },
  "ui.door.image": {
    en: [
      "This image is not verified",
      "Nothing of it was sent to the device: {why} (SHA-256 {sha256}).",
      "Ask the network admin to import the image into the vault, where its signature is verified, then upload it again.",
    ],
    de: [
      "Dieses Abbild ist nicht geprüft",
      "Nichts davon ging an das Gerät: {why} (SHA-256 {sha256}).",
      "Bitten Sie den Netzwerkadministrator, das Abbild einzulesen, wo seine Signatur geprüft wird; laden Sie es dann noch einmal hoch.",
    ],
  },
  "ui.door.in-use": {
    en: [
      "{person} is using this device",
      "It takes one person at a time; {person} has had it since {since}.",
      "Ask {person}, or take it over: their page ends at once.",
    ],
    de: [
      "{person} benutzt dieses Gerät",
      "Es nimmt eine Person zur selben Zeit; {person} hat es seit {since}.",
      "Fragen Sie {person} oder übernehmen Sie es: deren Seite endet sofort.",
    ],
  },
  "ui.door.logged-out": {
    en: [
      "The device had ended the login",
      "Your change was sent after the device had ended the login, and was refused.",
      "Go back and send it again: the gateway logs in anew.",
    ],
    de: [
      "Das Gerät hatte die Anmeldung beendet",
      "Ihre Änderung kam an, als das Gerät die Anmeldung schon beendet hatte, und wurde abgelehnt.",
      "Gehen Sie zurück und senden Sie sie noch einmal: das Gateway meldet sich neu an.",
    ],
  },
  "ui.door.must-change": {
    en: [
      "The device wants another password",
      "The password of the account for {role} must be changed before the device lets anybody in.",
      "Ask the network admin: the new one belongs into the site's secrets.",
    ],
    de: [
      "Das Gerät verlangt ein neues Passwort",
      "Das Passwort des Kontos für {role} muss geändert werden, bevor das Gerät jemanden einlässt.",
      "Fragen Sie den Netzwerkadministrator: das neue gehört zu den Geheimnissen des Standorts.",
    ],
  },
  "ui.door.no-account": {
    en: [
      "The site has no account for this role",
      "No password of the device for {role} is known to the gateway.",
      "Ask the network admin for an entry under `accounts` of this station, or open the device in another role.",
    ],
    de: [
      "Der Standort hat kein Konto für diese Rolle",
      "Das Gateway kennt kein Passwort des Geräts für {role}.",
      "Bitten Sie den Netzwerkadministrator um einen Eintrag unter `accounts` dieser Station, oder öffnen Sie das Gerät in einer anderen Rolle.",
    ],
  },
  "ui.door.pin": {
    en: [
      "This may be another device",
      "The device presents a certificate that nobody approved (SHA-256 {fingerprint}). Nothing was sent to it.",
      "Compare the fingerprint on site. The network admin approves it: `station pin approve`.",
    ],
    de: [
      "Das ist vielleicht ein anderes Gerät",
      "Das Gerät zeigt ein Zertifikat, das niemand freigegeben hat (SHA-256 {fingerprint}). Es wurde nichts gesendet.",
      "Vergleichen Sie den Fingerabdruck vor Ort. Der Netzwerkadministrator gibt ihn frei: `station pin approve`.",
    ],
  },
  "ui.door.refused": {
    en: [
      "The device refuses the site's password",
      "The password for {role} is not the device's any more: somebody changed it there, or the device was reset.",
      "Ask the network admin. The gateway does not go on trying, so that the device does not lock itself.",
    ],
    de: [
      "Das Gerät lehnt das Passwort des Standorts ab",
      "Das Passwort für {role} ist nicht mehr das des Geräts: jemand hat es dort geändert, oder es wurde zurückgesetzt.",
      "Fragen Sie den Netzwerkadministrator. Das Gateway versucht es nicht weiter, damit das Gerät sich nicht sperrt.",
    ],
  },
  "ui.door.role": {
    en: [
      "The device refuses this page",
      "The device was logged in to a moment ago and refuses this page all the same.",
      "It may need another role of the device, or a feature that is switched off there.",
    ],
    de: [
      "Das Gerät lehnt diese Seite ab",
      "Die Anmeldung am Gerät ist frisch, und es lehnt diese Seite trotzdem ab.",
      "Vielleicht braucht sie eine andere Rolle des Geräts oder eine Funktion, die dort ausgeschaltet ist.",
    ],
  },
  "ui.door.spent": {
    en: [
      "No more logins until somebody acts",
      "The device has refused the site's password twice since {since}; more tries could lock it for everybody.",
      "Network admin: put the right password into the site's secrets, or `station login-retry` after a look at the device.",
    ],
    de: [
      "Keine Anmeldung mehr, bis jemand handelt",
      "Das Gerät hat das Passwort des Standorts seit {since} zweimal abgelehnt; weitere Versuche könnten es für alle sperren.",
      "Netzwerkadministrator: das richtige Passwort zu den Geheimnissen legen, oder `station login-retry` nach einem Blick auf das Gerät.",
    ],
  },
  "ui.door.strange": {
    en: [
      "The device answers like another one",
      "Its answers are not those of this kind of device: {why}.",
      "Ask the network admin whether driver and firmware of this station are right.",
    ],
    de: [
      "Das Gerät antwortet wie ein anderes",
      "Seine Antworten sind nicht die dieser Geräteart: {why}.",
      "Fragen Sie den Netzwerkadministrator, ob Treiber und Firmware dieser Station stimmen.",
    ],
  },
  "ui.door.taken": {
    en: [
      "{person} has taken over",
      "The device takes one person at a time, and {person} took it over from you.",
      "Ask {person}, or take it back.",
    ],
    de: [
      "{person} hat übernommen",
      "Das Gerät nimmt eine Person zur selben Zeit, und {person} hat es von Ihnen übernommen.",
      "Fragen Sie {person} oder holen Sie es zurück.",
    ],
  },
  "ui.door.unreachable": {
    en: [
      "The device does not answer",
      "{why}.",
      "Small controllers need a minute after a restart; `why` of this station looks at link, lease and address.",
    ],
    de: [
      "Das Gerät antwortet nicht",
      "{why}.",
      "Kleine Controller brauchen nach einem Neustart eine Minute; `why` dieser Station prüft Verbindung, Lease und Adresse.",
    ],
  },
  "ui.door.upload": {
    en: [
      "The upload cannot be judged",
      "{why}.",
      "Upload one file with the device's own page; nothing of it was sent to the device.",
    ],
    de: [
      "Das Hochgeladene kann nicht geprüft werden",
      "{why}.",
      "Laden Sie eine Datei mit der Seite des Geräts hoch; an das Gerät ging nichts davon.",
    ],
  },
  "ui.door.upload-size": {
    en: [
      "The upload is too large",
      "No controller's firmware has so many bytes.",
      "Look whether it is the right file; nothing of it was sent to the device.",
    ],
    de: [
      "Die Datei ist zu groß",
      "Keine Firmware eines Controllers hat so viele Bytes.",
      "Sehen Sie nach, ob es die richtige Datei ist; an das Gerät ging nichts davon.",
    ],
  },
  "ui.door.upload-wait": {
    en: [
      "No upload can be taken now",
      "{why}.",
      "Try again in a few minutes; if it stays, ask the network admin. Nothing was sent to the device.",
    ],
    de: [
      "Gerade kann nichts hochgeladen werden",
      "{why}.",
      "Versuchen Sie es in einigen Minuten wieder; bleibt es so, fragen Sie den Netzwerkadministrator. An das Gerät ging nichts.",
    ],
  },
  "ui.door.waiting": {
    en: [
      "Somebody else is being logged in",
      "Logins of others at this device are under way, and a wrong password more could lock it.",
      "Reload this page in a few seconds.",
    ],
    de: [
      "Jemand anderes wird gerade angemeldet",
      "Anmeldungen anderer an diesem Gerät laufen noch, und ein falsches Passwort mehr könnte es sperren.",
      "Laden Sie diese Seite in einigen Sekunden neu.",
    ],
  },
};

/** The text of a door; times in ISO form without the fraction. */
export function doorText({ rule, facts }: Door, language: Language): DoorText {
  const [title, why, next] = WORDS[rule][language].map((text) =>
    text.replace(/\{(\w+)\}/g, (_, name: string) => {
      const fact = facts[name];
      return name === "since" && typeof fact === "number" ? isoSeconds(fact) : String(fact ?? "?");
    })
  ) as [string, string, string];
  return { title, why, next };
}

/** Whether the person before this door may take the device over. */
export function canTakeOver({ rule }: Pick<Door, "rule">): boolean {
  return rule === "ui.door.in-use" || rule === "ui.door.taken";
}

function isoSeconds(wallMs: number): string {
  return new Date(wallMs).toISOString().replace(/\.\d+Z$/, "Z");
}
