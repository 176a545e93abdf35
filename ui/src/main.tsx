// The entry: styles, theme, application.
import { render } from 'preact';
import { App } from './app';
import { followTheme } from './lib/theme';
import './styles/index.css';

followTheme();
const root = document.getElementById('app');
if (root) render(<App />, root);
