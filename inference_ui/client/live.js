// Calls `onChange` whenever `revision` changes, and not when the page appears.
import { useEffect, useRef } from "react";

export const OnRevision = ({ revision, onChange }) => {
  const seen = useRef(revision);
  useEffect(() => {
    if (seen.current === revision) return;
    seen.current = revision;
    onChange();
  }, [revision]);
  return null;
};
