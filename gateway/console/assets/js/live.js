// Live parts are kept up to date by htmx and server-sent events; this only says when they no longer are.
(() => {
  const notice = document.getElementById("live-lost");
  if (!notice) return;
  document.addEventListener("htmx:sseError", () => (notice.hidden = false));
  document.addEventListener("htmx:sseOpen", () => (notice.hidden = true));
})();
