// Light, dark, or as the system has it.
import { byId, setText } from './dom.js';

const KEY = 'fulcrum-theme';
const themes = ['auto', 'light', 'dark'];
const names = { auto: '◐ Auto', light: '○ Light', dark: '● Dark' };

export function startTheme() {
  let theme = themes.find((each) => each === localStorage.getItem(KEY)) ?? 'auto';
  const show = () => {
    document.documentElement.dataset.theme = theme;
    setText(byId('theme'), names[theme]);
    byId('theme').setAttribute('aria-label', `Colours: ${theme}`);
  };
  byId('theme').addEventListener('click', () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    localStorage.setItem(KEY, theme);
    show();
  });
  show();
}
