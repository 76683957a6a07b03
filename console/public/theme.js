// Before anything is drawn: the theme that was chosen here; without a choice the system's.
try {
  const theme = localStorage.getItem("saiph.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is closed to this page: the system's theme it is.
}
