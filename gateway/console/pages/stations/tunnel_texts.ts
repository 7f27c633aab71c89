import { defineTexts } from "../../i18n/language.ts";

/** Texts of engineering tunnels. */
export const TUNNEL = defineTexts("tunnel", {
  title: "Engineering tunnel",
  lead:
    "One port of this station on your laptop, for minutes, through the gateway. Bytes are counted, everything is audited.",
  port: "Port of the station",
  reason: "What for",
  minutes: "Minutes",
  minutesHint: "Empty: as long as your grant allows",
  open: "Open a tunnel",
  opened: "Tunnel to {station}, port {port}",
  shown: "The token is shown this one time. It opens this port of this station and nothing else, until the time below.",
  until: "Open until {time}",
  how: "On the laptop, in the folder of the gateway's program:",
  ca: "Needed once: the gateway's certificate authority, as a file.",
  back: "To the station",
  now: "Open tunnels",
  nowLead: "Closing a way ends its connections at once.",
  none: "No tunnel is open",
  row: "{station}, port {port}",
  bytes: "{connections} connections · {up} B to the station · {down} B from it",
}, {
  title: "Wartungstunnel",
  lead:
    "Ein Port dieser Station auf Ihrem Laptop, für Minuten, durch das Gateway. Bytes werden gezählt, alles wird protokolliert.",
  port: "Port der Station",
  reason: "Wofür",
  minutes: "Minuten",
  minutesHint: "Leer: so lange Ihre Freigabe erlaubt",
  open: "Tunnel öffnen",
  opened: "Tunnel zu {station}, Port {port}",
  shown:
    "Das Token wird nur dieses eine Mal gezeigt. Es öffnet diesen Port dieser Station und sonst nichts, bis zur Zeit unten.",
  until: "Offen bis {time}",
  how: "Auf dem Laptop, im Ordner des Gateway-Programms:",
  ca: "Einmal nötig: die Zertifizierungsstelle des Gateways als Datei.",
  back: "Zur Station",
  now: "Offene Tunnel",
  nowLead: "Wer einen Weg schließt, beendet dessen Verbindungen sofort.",
  none: "Kein Tunnel ist offen",
  row: "{station}, Port {port}",
  bytes: "{connections} Verbindungen · {up} B zur Station · {down} B von ihr",
});
