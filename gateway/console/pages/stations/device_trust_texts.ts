import { defineTexts } from "../../i18n/language.ts";

/** Texts about what the gateway trusts at a controller. */
export const DEVICE_TRUST = defineTexts("deviceTrust", {
  title: "Certificate and logins",
  lead: "Its pages open to the approved certificate alone.",
  approved: "Approved",
  none: "None: its pages stay closed",
  byFile: "from pinFile in site.yaml",
  byPerson: "by {who}",
  presented: "Presented",
  nothingElse: "Nothing else",
  seen: "first seen",
  changed: "It presents another certificate than the approved one. Nothing is sent to it until somebody approves that.",
  waiting: "It presents a certificate that nobody has approved yet.",
  compared: "Every digit is compared with the device itself",
  approve: "Approve this certificate",
  retry: "Let it log in again",
  retryLead:
    "Two refused logins are the last until somebody has looked (EV-11). Bring the right password first: under Secrets, or in its file.",
}, {
  title: "Zertifikat und Anmeldungen",
  lead: "Seine Seiten öffnen sich nur dem bestätigten Zertifikat.",
  approved: "Bestätigt",
  none: "Keines: Seine Seiten bleiben zu",
  byFile: "aus pinFile in site.yaml",
  byPerson: "von {who}",
  presented: "Gezeigt",
  nothingElse: "Nichts anderes",
  seen: "zuerst gesehen",
  changed:
    "Es zeigt ein anderes Zertifikat als das bestätigte. Bis jemand es bestätigt, wird nichts dorthin geschickt.",
  waiting: "Es zeigt ein Zertifikat, das noch niemand bestätigt hat.",
  compared: "Jede Ziffer ist mit dem Gerät selbst verglichen",
  approve: "Dieses Zertifikat bestätigen",
  retry: "Wieder anmelden lassen",
  retryLead:
    "Nach zwei abgelehnten Anmeldungen versucht das Gateway keine mehr, bis jemand nachgesehen hat (EV-11). Bringen Sie zuerst das richtige Passwort: unter Geheimnisse oder in seiner Datei.",
});
