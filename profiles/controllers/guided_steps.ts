/**
 * What a person does where no public way is known, by operation, and by driver where the maker says more. Form:
 * GuidedStep in gateway/core/device_operations_api.ts.
 */
export const GUIDED_STEPS = {
  configuration: {
    en:
      "Open the controller's page in the role that may export, save its configuration, and keep the file with the commissioning papers.",
    de:
      "Öffnen Sie die Seite des Controllers in der Rolle, die exportieren darf, speichern Sie die Konfiguration und legen Sie die Datei zu den Unterlagen der Inbetriebnahme.",
  },
  firmware: {
    en:
      "Take the verified image out of the vault (`firmware export`), open the controller's page in the role that may update, and upload it there; the gateway lets only verified images pass.",
    de:
      "Holen Sie das geprüfte Image aus dem Tresor (`firmware export`), öffnen Sie die Seite des Controllers in der Rolle, die aktualisieren darf, und laden Sie es dort hoch; das Gateway lässt nur geprüfte Images durch.",
  },
  logs: {
    en:
      "Open the controller's page in the role that may read logs and download them there, or ask for them by OCPP (GetDiagnostics, GetLog).",
    de:
      "Öffnen Sie die Seite des Controllers in der Rolle, die Protokolle lesen darf, und laden Sie sie dort herunter, oder fordern Sie sie über OCPP an (GetDiagnostics, GetLog).",
  },
  password: {
    en:
      "Open the controller's page in this role, enter the old password and the new one that the gateway made, save, restart if the page asks for it; then confirm, and the gateway proves it by a login where it can.",
    de:
      "Öffnen Sie die Seite des Controllers in dieser Rolle, geben Sie das alte und das vom Gateway erzeugte neue Passwort ein, speichern Sie und starten Sie neu, wenn die Seite es verlangt; bestätigen Sie dann, und das Gateway weist es durch eine Anmeldung nach, wo es kann.",
  },
  read: {
    en: "Open the controller's page, compare its settings with the list, and note each that differs.",
    de:
      "Öffnen Sie die Seite des Controllers, vergleichen Sie ihre Einstellungen mit der Liste und notieren Sie jede Abweichung.",
  },
  reboot: {
    en: "Restart the controller by OCPP (Reset), or on its page; not while a car charges.",
    de: "Starten Sie den Controller über OCPP (Reset) oder auf seiner Seite neu; nicht während ein Fahrzeug lädt.",
  },
  version: {
    en: "Open the controller's page, find the version of its firmware, and compare it letter by letter.",
    de:
      "Öffnen Sie die Seite des Controllers, suchen Sie die Version der Firmware und vergleichen Sie sie Zeichen für Zeichen.",
  },
  withoutPage: {
    en:
      "Take the verified image out of the vault (`firmware export`), bring it to the controller the maker's way (USB stick, service program over an engineering tunnel), let it restart, and look at the version that it shows.",
    de:
      "Holen Sie das geprüfte Image aus dem Tresor (`firmware export`), bringen Sie es auf dem Weg des Herstellers zum Controller (USB-Stick, Service-Programm durch einen Wartungstunnel), lassen Sie ihn neu starten und sehen Sie nach, welche Version er zeigt.",
  },
  write: {
    en:
      "Open the controller's page in the role that the setting needs, enter the values of the list, save, and read them again.",
    de:
      "Öffnen Sie die Seite des Controllers in der Rolle, die die Einstellung braucht, geben Sie die Werte der Liste ein, speichern Sie und lesen Sie sie noch einmal.",
  },
} as const;

/** Where the maker says more. */
export const DRIVER_STEPS = {
  alfen: {
    firmware: {
      en:
        "Update with the maker's own program (ACE Service Installer) over an engineering tunnel, with the image of the vault.",
      de:
        "Aktualisieren Sie mit dem Programm des Herstellers (ACE Service Installer) durch einen Wartungstunnel, mit dem Image aus dem Tresor.",
    },
    password: {
      en:
        "Change the password with the maker's own program (ACE Service Installer) over an engineering tunnel; then confirm, and the gateway proves it by a login.",
      de:
        "Ändern Sie das Passwort mit dem Programm des Herstellers (ACE Service Installer) durch einen Wartungstunnel; bestätigen Sie dann, und das Gateway weist es durch eine Anmeldung nach.",
    },
  },
  bender: {
    firmware: {
      en:
        "Open the controller's page as manufacturer, System > Firmware update, and upload the image of the vault; or let the CSMS or a campaign update it by OCPP.",
      de:
        "Öffnen Sie die Seite des Controllers als Manufacturer, System > Firmware update, und laden Sie das Image aus dem Tresor hoch; oder lassen Sie CSMS oder Kampagne über OCPP aktualisieren.",
    },
    logs: {
      en:
        "Open the controller's page, System > General, and use its button to download the logs; set the Log Password first (BC-11). Or ask for them by OCPP (GetDiagnostics).",
      de:
        "Öffnen Sie die Seite des Controllers, System > General, und laden Sie die Protokolle mit der Schaltfläche herunter; setzen Sie vorher das Log Password (BC-11). Oder fordern Sie sie über OCPP an (GetDiagnostics).",
    },
    password: {
      en:
        "Manufacturer: open the legacy page, enter the current password, then the new one, save and restart (BC-04). Installer: System > Password. Then confirm, and the gateway proves it by a login.",
      de:
        "Manufacturer: öffnen Sie die Legacy-Seite, geben Sie erst das aktuelle, dann das neue Passwort ein, speichern Sie und starten Sie neu (BC-04). Installer: System > Password. Bestätigen Sie dann, und das Gateway weist es durch eine Anmeldung nach.",
    },
    reboot: {
      en: "Use Save & Restart on the controller's page, or OCPP Reset; not while a car charges.",
      de: "Nutzen Sie Save & Restart auf der Seite des Controllers oder OCPP Reset; nicht während ein Fahrzeug lädt.",
    },
  },
  "evlink-parking": {
    configuration: {
      en: "Log in at the box's web portal on its internal Ethernet port and save its configuration file.",
      de:
        "Melden Sie sich am Webportal der Box über deren internen Ethernet-Anschluss an und speichern Sie die Konfigurationsdatei.",
    },
  },
} as const;
