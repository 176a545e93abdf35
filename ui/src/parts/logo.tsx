// The lamp: an Argand burner's flame above its gallery.

/** The mark, drawn in the current text colour with a flame of its own. */
export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 32 32" width="26" height="26" aria-hidden="true" focusable="false">
      <path class="logo-flame" d="M16 2.5c4 4.4 5.7 7.3 5.7 10.4a5.7 5.7 0 0 1-11.4 0c0-3.1 1.7-6 5.7-10.4z" />
      <path class="logo-core" d="M16 10.2c1.7 1.9 2.4 3.1 2.4 4.4a2.4 2.4 0 0 1-4.8 0c0-1.3.7-2.5 2.4-4.4z" />
      <path
        fill="none"
        stroke="currentColor"
        stroke-width="1.9"
        stroke-linecap="round"
        d="M9.5 22h13M11.5 25.6h9M14 29.2h4"
      />
    </svg>
  );
}
