// Runs before anything is drawn, so that a page that was chosen to be dark never flashes white.
try {
  const chosen = JSON.parse(localStorage.getItem("tintype.preferences") || "{}").theme;
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // A browser that keeps nothing, or something that is not ours: the system's choice holds.
}
