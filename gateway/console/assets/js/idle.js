// Tells the gateway of mouse and keyboard, warns before the idle logout and carries it out (EV-14). Polling and live
// updates do not count; the server keeps the deadline whatever this script does.
(() => {
  const root = document.documentElement;
  const limitMs = Number(root.dataset.idleMs);
  if (!limitMs) return;
  const warnMs = Number(root.dataset.idleWarnMs);
  const beatMs = Number(root.dataset.beatMs);
  const token = root.dataset.token;
  const channel = new BroadcastChannel("bulkhead-activity");
  const dialog = document.getElementById("idle-warning");
  let lastActive = Date.now();
  let lastBeat = Date.now();
  let moved = false;

  const note = () => {
    moved = true;
    lastActive = Date.now();
    if (lastActive - lastBeat >= beatMs) beat();
  };

  const beat = async () => {
    if (!moved) return;
    moved = false;
    lastBeat = Date.now();
    channel.postMessage(lastBeat);
    if (dialog?.open) dialog.close();
    try {
      const answer = await fetch("/activity", { method: "POST", headers: { "x-bulkhead-token": token } });
      if (answer.status === 401) leave();
    } catch (_away) {
      moved = true; // the gateway is away for a moment: told again with the next beat
    }
  };

  /** Ends the session here and at the gateway, whose own deadline would come at the same moment. */
  const leave = async () => {
    await fetch("/logout", { method: "POST", headers: { "x-bulkhead-token": token } }).catch(() => undefined);
    location.assign("/login?why=idle");
  };

  channel.onmessage = ({ data }) => {
    lastActive = Math.max(lastActive, Number(data) || 0);
    if (dialog?.open) dialog.close();
  };
  for (const kind of ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"]) {
    addEventListener(kind, note, { passive: true });
  }
  dialog?.querySelector("button")?.addEventListener("click", () => {
    moved = true;
    beat();
  });
  const watch = setInterval(() => {
    const quiet = Date.now() - lastActive;
    if (quiet >= limitMs) {
      clearInterval(watch);
      leave();
    } else if (quiet >= limitMs - warnMs && dialog && !dialog.open) dialog.showModal();
    else if (moved && Date.now() - lastBeat >= beatMs) beat();
  }, 1000);
})();
