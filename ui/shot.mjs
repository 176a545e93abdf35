import { chromium } from 'playwright-core';
const [,, path, out, w='1440', h='900', scheme='light', full='1'] = process.argv;
const b = await chromium.launch({executablePath:'/usr/bin/chromium',args:['--no-sandbox','--disable-gpu']});
const c = await b.newContext({viewport:{width:+w,height:+h},colorScheme:scheme,reducedMotion:'reduce'});
const p = await c.newPage();
p.on('console',m=>{if(m.type()!=='log'&&m.type()!=='info')console.log(m.type(),m.text())});p.on('pageerror',e=>console.log('pageerror',e.message,e.stack?.split('\n').slice(0,4).join('\n')));
await p.goto((process.env.BASE??'http://127.0.0.1:24402')+'/'+path); await p.waitForTimeout(+(process.env.WAIT??2500));
if(full==='1'){const hh=await p.evaluate(()=>document.documentElement.scrollHeight); await p.setViewportSize({width:+w,height:Math.min(hh,6000)}); await p.waitForTimeout(1500);}
await p.screenshot({path:out}); await b.close();
