// Brings the focus back to where it was before a dialog opened. The dialogs here are opened by
// state, not by a trigger that they know, so they cannot do it by themselves.
let last = null;

if (typeof document !== "undefined") {
  document.addEventListener("focusin", ({ target }) => {
    if (!target.closest('[role="dialog"], [role="alertdialog"], [role="menu"]')) last = target;
  });
}

export const returnFocus = () => {
  if (last?.isConnected) last.focus();
};
