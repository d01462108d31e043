import test from 'ava';
import { configFromValue } from '../../../src/config/load.js';
import { importKeepalived } from '../../../src/import/keepalived/index.js';
import { inOrder, noteLine } from '../../../src/import/notes.js';
import { yamlOf } from '../../../src/import/write.js';

const files = { list: () => null, read: () => '' };
const imported = (text: string) => importKeepalived({ file: 'k.conf', text, files }, { host: 'main', env: {} });
const notesOf = (text: string) => inOrder(imported(text).notes).map(noteLine);

const WEB = `
virtual_server 10.0.0.100 80 {
  delay_loop 6
  lb_algo wrr
  lb_kind DR
  persistence_timeout
  protocol TCP
  alpha
  real_server 10.0.0.11 80 {
    weight 3
    TCP_CHECK {
      connect_timeout 3
      connect_port 8080
      retry 2
    }
  }
  real_server 10.0.0.12 80 {
    uthreshold 100
    SSL_GET {
      enable_sni
      virtualhost www.example.com:443
      url {
        path /a
        status_code 200 204-206
      }
      url {
        path /b
      }
    }
  }
}
`;

test('a virtual server is a service, and what its file does not say is written out', (t) => {
  const { document, notes } = imported(WEB);
  t.deepEqual(notes, []);
  t.deepEqual(document.services, [
    {
      name: '10.0.0.100:80',
      address: '10.0.0.100',
      port: 80,
      protocol: 'tcp',
      scheduler: 'wrr',
      persistence: '6m',
      forwarding: 'dsr',
      backends: [
        {
          address: '10.0.0.11',
          weight: 3,
          checks: [{ type: 'tcp', interval: '6s', timeout: '3s', retries: 2, retry_interval: '1s', port: 8080 }],
        },
        {
          address: '10.0.0.12',
          weight: 1,
          max_connections: 100,
          checks: ['/a', '/b'].map((path) => ({
            type: 'http',
            path,
            host: 'www.example.com:443',
            expected_codes: path === '/a' ? ['200', '204-206'] : ['200-299'],
            tls: true,
            tls_verify: false,
            server_name: 'www.example.com',
            interval: '6s',
            timeout: '5s',
            retries: 1,
            retry_interval: '3s',
          })),
        },
      ],
    },
  ]);
  t.notThrows(() => configFromValue(document));
});

test('comments name the line that an option comes from, or that it is a default', (t) => {
  const text = yamlOf(imported(WEB), ['Imported.']);
  t.true(text.startsWith('# Imported.\n'));
  t.regex(text, / {4}scheduler: wrr # line 4: lb_algo\n/u);
  t.regex(text, / {8}weight: 1 # its default\n/u);
  t.regex(text, / {6}# line 9: real_server\n {6}- address: 10\.0\.0\.11\n/u);
});

const INSTANCE = `
global_defs {
  router_id lb1
  vrrp_version 3
  vrrp_garp_master_repeat 3
}
vrrp_instance VI_1 {
  state MASTER
  interface eth0
  virtual_router_id 51
  priority 150
  advert_int 0.5
  unicast_src_ip 10.0.0.2
  unicast_peer {
    10.0.0.3
  }
  virtual_ipaddress {
    10.0.0.100/24 dev eth0
    10.0.0.101 label eth0:1
  }
  track_interface {
    eth1
    eth2 weight -20
  }
  notify_master "/etc/keepalived/notify.sh master"
  frobnicate
  virtual_ipadress
}
`;

test('a VRRP instance preempts as keepalived does, and announces as it does', (t) => {
  const { document } = imported(INSTANCE);
  t.deepEqual(document.node, { name: 'lb1' });
  t.deepEqual(document.vrrp?.instances, [
    {
      name: 'VI_1',
      interface: 'eth0',
      vrid: 51,
      priority: 150,
      advert_interval: '500ms',
      preempt: true,
      addresses: ['10.0.0.100/24', { address: '10.0.0.101/32', label: 'eth0:1' }],
      source: '10.0.0.2',
      mode: 'unicast',
      peers: ['10.0.0.3'],
      gratuitous: { count: 3, refresh: '0s', repeat_after: '5s', repeat_count: 3 },
      version: 3,
      track: [{ interface: 'eth1' }, { interface: 'eth2', weight: -20 }],
    },
  ]);
  t.notThrows(() => configFromValue(document));
});

test('each line that is left out is told with its reason, and a word that is none with the nearest', (t) => {
  const told = notesOf(INSTANCE);
  t.true(told.some((line) => /^k\.conf:\d+: frobnicate: /u.test(line)));
  t.true(
    told.some((line) => line.endsWith(": keepalived has no such keyword here: the nearest is 'virtual_ipaddress'")),
  );
  t.true(told.some((line) => /^k\.conf:8: state: read otherwise than written: /u.test(line)));
});

test('a group is a service for each of its ports and marks, with all addresses of the port', (t) => {
  const text = `virtual_server_group G {\n 10.0.0.1-3 80\n 10.0.1.8/31 443\n 10.0.3.1 80\n 2001:db8::1 80\n fwmark 7\n}
virtual_server group G {\n protocol TCP\n real_server 10.0.2.1 80 {\n PING_CHECK { }\n }\n}`;
  t.deepEqual(
    imported(text).document.services?.map((service) => [service.name, service.addresses ?? service.address]),
    [
      ['10.0.0.1:80', ['10.0.0.1-3', '10.0.3.1']],
      ['10.0.1.8:443', ['10.0.1.8-9']],
      ['[2001:db8::1]:80', '2001:db8::1'],
      ['fwmark-7', undefined],
    ],
  );
});

const quorum = (options: string, weights: readonly number[]) => {
  const servers = weights.map((weight, n) => `real_server 10.0.2.${n + 1} 80 {\n weight ${weight}\n TCP_CHECK { }\n}`);
  return imported(`virtual_server 10.0.0.1 80 {\n alpha\n ${options}\n ${servers.join('\n')}\n}`);
};

test('a quorum counts weights: so do its watermarks, where a sorry server takes over', (t) => {
  const { document } = quorum('quorum 6\nhysteresis 2\nsorry_server 10.0.9.9 80', [2, 2, 2, 2]);
  t.deepEqual(document.services?.[0]?.watermarks, { low: 4, high: 8, by: 'weight' });
  t.is(quorum('quorum 6', [2, 2, 2, 2]).document.services?.[0]?.watermarks, undefined);
});

test('bytes of a UDP check', (t) => {
  const text = `virtual_server 10.0.0.1 53 {\n protocol UDP\n real_server 10.0.2.1 53 {
UDP_CHECK {\n payload Ab12f 3 456\n require_reply 01 0x 02\n }\n }\n}`;
  const [check] = imported(text).document.services?.[0]?.backends?.[0]?.checks ?? [];
  t.like(check, { type: 'udp', send: '\\xAb\\x12\\x0f\\x03\\x45\\x06', receive: '\\x01' });
});

test('version 2 and its password, as keepalived has them by default', (t) => {
  const text = `vrrp_instance A {\n interface eth0\n virtual_router_id 1\n authentication {\n auth_type PASS\n auth_pass 123456789\n }
virtual_ipaddress {\n 10.0.0.1\n }\n}`;
  const { document, notes } = imported(text);
  const authentication = { type: 'password', password: '12345678' };
  t.like(document.vrrp?.instances?.[0], { version: 2, advert_interval: '1s', priority: 100, authentication });
  t.deepEqual(notes, []);
});

const KEY = `hex:${'0f'.repeat(32)}`;

test('auth_hmac with its keys, its mode and its window', (t) => {
  const text = `vrrp_instance A {\n interface eth0\n virtual_router_id 1\n version 3\n virtual_ipaddress {\n 10.0.0.1\n }
auth_hmac {\n key 1 ${KEY}\n key 2 "a text of as many bytes, such as here"\n active_key 2\n anti_replay monotonic\n mode permissive
time_window 7\n }\n}`;
  const { document, notes } = imported(text);
  t.deepEqual(document.vrrp?.instances?.[0]?.authentication, {
    type: 'hmac',
    keys: { 1: KEY, 2: 'a text of as many bytes, such as here' },
    active: 2,
    anti_replay: 'monotonic',
    mode: 'permissive',
    time_window: '7s',
  });
  t.deepEqual(notes, []);
  t.notThrows(() => configFromValue(document));
});

test('what auth_hmac cannot bring along is told, without its keys', (t) => {
  const text = `vrrp_instance A {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n 10.0.0.1\n }
authentication {\n auth_type PASS\n auth_pass 1234\n }
auth_hmac {\n key 1 ${KEY}\n key 1 ${KEY}\n key 2 file:/etc/keys/2\n key 3 tooshort\n key 300 ${KEY}\n active_key 1\n mode never\n }\n}
vrrp_instance B {\n interface eth0\n virtual_router_id 2\n virtual_ipaddress {\n 10.0.0.2\n }\n auth_hmac {\n key 1 ${KEY}\n active_key 2\n }\n}`;
  const { document, notes } = imported(text);
  const [a, b] = document.vrrp?.instances ?? [];
  t.deepEqual(a?.authentication, { type: 'hmac', keys: { 1: KEY }, active: 1 });
  t.is(b?.authentication, undefined);
  t.notThrows(() => configFromValue(document));
  const told = notes
    .filter(({ why }) => !why.startsWith('it belongs to'))
    .map(({ keyword, why }) => `${keyword}: ${why}`);
  t.deepEqual(told, [
    'key: there is another key 1 before it, which counts',
    'key: Fulcrum reads no key from a file: write what is in it as keys.2',
    'key: a key has 32 to 64 bytes',
    'key: a key has an id from 1 to 255',
    "mode: 'never' is none of enforce, permissive, receive-only",
    'authentication: auth_hmac takes its place, in keepalived too',
    'auth_hmac: it has no active_key that is among its keys, and adverts would not be signed',
  ]);
  t.false(JSON.stringify(notes).includes('0f0f'));
});

test('notify scripts are hooks', (t) => {
  const text = `global_defs {\n script_user nobody\n}
vrrp_instance A {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n 10.0.0.1\n }
notify_master "/x/master.sh 'a b' c" root\n notify /x/all.sh\n}
virtual_server 10.0.0.1 80 {\n alpha\n protocol TCP\n quorum_down /x/down\n real_server 10.0.0.2 8080 {\n notify_up "up.sh"\n TCP_CHECK { }\n }\n}`;
  const { document, notes } = imported(text);
  t.deepEqual(notes, []);
  const backend = '10.0.0.2:8080@10.0.0.1:80';
  t.deepEqual(
    document.hooks?.map(({ on, names, to, command, user, format }) => [on, names, to ?? format, command, user]),
    [
      [['vrrp-transition'], ['A'], ['master'], ['/x/master.sh', 'a b', 'c'], 'root'],
      [['vrrp-transition'], ['A'], 'keepalived', ['/x/all.sh'], 'nobody'],
      [['backend-state'], [backend], ['healthy'], ['/usr/bin/env', 'up.sh'], 'nobody'],
      [['service-state'], ['10.0.0.1:80'], ['unhealthy'], ['/x/down'], 'nobody'],
    ],
  );
  t.notThrows(() => configFromValue(document));
});

const MAILED = `
global_defs {
 notification_email {\n a@example.com\n b@example.com\n acassen\n }
 notification_email_from lb@example.com
 smtp_server 192.0.2.25 2525
 no_email_faults
}
vrrp_instance A {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n 10.0.0.1\n }\n smtp_alert\n}
vrrp_instance B {\n interface eth0\n virtual_router_id 2\n virtual_ipaddress {\n 10.0.0.2\n }\n}
virtual_server 10.0.0.1 80 {
 alpha\n protocol TCP
 real_server 10.0.0.11 80 {\n TCP_CHECK { }\n }
 real_server 10.0.0.12 80 {\n smtp_alert off\n TCP_CHECK { }\n }
}`;

test('what keepalived sends mails about is told by hooks that do', (t) => {
  const { document, notes } = imported(MAILED);
  t.deepEqual(notes.map(noteLine), ["k.conf:6: acassen: 'acassen' is no address of a recipient: NAME@DOMAIN is one"]);
  const mail = { url: 'smtp://192.0.2.25:2525', from: 'lb@example.com', to: ['a@example.com', 'b@example.com'] };
  t.deepEqual(document.hooks, [
    {
      name: 'mail-instances',
      on: ['vrrp-transition'],
      names: ['A'],
      mail,
      timeout: '30s',
      to: ['init', 'backup', 'master'],
    },
    { name: 'mail-backends', on: ['backend-state'], names: ['10.0.0.11:80'], mail, timeout: '30s' },
  ]);
  t.notThrows(() => configFromValue(document));
});

test('mails are about real servers alone where nothing else is said, and about all where global_defs says so', (t) => {
  const about = (more: string) =>
    imported(
      MAILED.replace(' smtp_alert\n}', '}').replace(' smtp_alert off\n', '').replace(' no_email_faults', more),
    ).document.hooks?.map(({ name, names }) => [name, names]);
  t.deepEqual(about(''), [['mail-backends', undefined]]);
  t.deepEqual(about('smtp_alert on'), [
    ['mail-instances', undefined],
    ['mail-services', undefined],
    ['mail-backends', undefined],
  ]);
  t.deepEqual(about('smtp_alert on\n smtp_alert_checker off'), [['mail-instances', undefined]]);
});

test('a mail that could not be sent is told, and no hook is made', (t) => {
  const text = MAILED.replace('lb@example.com', 'nobody');
  t.deepEqual(
    notesOf(text).filter((note) => !note.includes('it belongs to')),
    [
      'k.conf:3: notification_email: there is no mail that could be sent',
      "k.conf:6: acassen: 'acassen' is no address of a recipient: NAME@DOMAIN is one",
      "k.conf:8: notification_email_from: 'nobody' is no address of a sender: NAME@DOMAIN is one",
      'k.conf:9: smtp_server: there is no mail that could be sent',
      'k.conf:10: no_email_faults: nothing here can use it',
      'k.conf:18: smtp_alert: nothing here can use it',
      'k.conf:34: smtp_alert: nothing here can use it',
    ],
  );
  t.is(imported(text).document.hooks, undefined);
});

test('scripts, processes and files are tracked with the weights of their blocks', (t) => {
  const text = `vrrp_script S {\n script "/x/chk --fast"\n interval 2\n fall 3\n weight -20\n init_fail\n}
vrrp_track_process P {\n process nginx\n delay 1.5\n}
track_file F {\n file /run/load\n weight 2 reverse\n}
vrrp_instance A {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n 10.0.0.1\n }
track_script {\n S\n S weight 5 reverse\n gone\n }\n track_process {\n P weight 0\n }\n track_file {\n F\n }\n}`;
  const { document, notes } = imported(text);
  t.deepEqual(
    notes.map(({ keyword }) => keyword),
    ['gone'],
  );
  const { scripts, processes, files: tracked, instances } = document.vrrp ?? {};
  t.deepEqual(scripts?.['S'], { command: ['/x/chk', '--fast'], interval: '2s', rise: 1, fall: 3, initially: 'bad' });
  t.deepEqual(processes?.['P'], { command: 'nginx', quorum: 1, delay: '1s 500ms' });
  t.deepEqual(tracked?.['F'], { path: '/run/load', weight: -2 });
  t.deepEqual(instances?.[0]?.track, [
    { script: 'S', weight: -20 },
    { script: 'S', weight: 5, reverse: true },
    { process: 'P' },
    { file: 'F' },
  ]);
  t.notThrows(() => configFromValue(document));
});

test('a virtual MAC address is carried over, with what adverts leave by', (t) => {
  const instance = (...lines: readonly string[]) =>
    `vrrp_instance A {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n 10.0.0.1\n }\n${lines.join('\n')}\n}`;
  const vmacOf = (...lines: readonly string[]) => {
    const { document, notes } = imported(instance(...lines));
    t.notThrows(() => configFromValue(document));
    return [document.vrrp?.instances?.[0]?.vmac, ...inOrder(notes).map(noteLine)];
  };
  t.deepEqual(vmacOf('use_vmac'), [true]);
  t.deepEqual(vmacOf('use_vmac vrrp.1', 'vmac_xmit_base'), [{ interface: 'vrrp.1', transmit: 'base' }]);
  t.deepEqual(vmacOf('use_vmac', 'vmac_xmit_base'), [{ transmit: 'base' }]);
  t.deepEqual(vmacOf('use_vmac', 'unicast_peer {\n 10.0.0.3\n}'), [true]);
  const [named, told] = vmacOf('use_vmac vr0 02:00:00:00:00:01');
  t.deepEqual(named, { interface: 'vr0' });
  t.regex(
    String(told),
    /^k\.conf:7: use_vmac: read otherwise than written: the MAC address is the virtual router's: 00:00:5e:00:01:VRID/,
  );
  t.regex(String(vmacOf('use_vmac a-name-that-is-long')[1]), /no name of an interface/);
  t.deepEqual(vmacOf('vmac_xmit_base'), [undefined, 'k.conf:7: vmac_xmit_base: without use_vmac it has no effect']);
  const [owner, ...left] = vmacOf('priority 255', 'use_vmac', 'vmac_xmit_base');
  t.is(owner, undefined);
  t.is(left.length, 2, 'an owner has its addresses on the interface itself');
});

const PAIR = `
vrrp_instance VI_1 {
  interface eth0
  virtual_router_id 1
  virtual_ipaddress { 10.0.0.1 }
}
vrrp_instance VI_2 {
  interface eth1
  virtual_router_id 2
  virtual_ipaddress { 10.1.0.1 }
}
`;

test('a sync group is one here, with its script for all states', (t) => {
  const { document } = imported(`${PAIR}
vrrp_sync_group VG {
  group {
    VI_1
    VI_2
    VI_3
  }
  track_interface { eth2 }
  notify /etc/keepalived/notify.sh
  notify_master "/etc/keepalived/master.sh now"
}`);
  t.deepEqual(document.vrrp?.sync_groups, [
    { name: 'VG', instances: ['VI_1', 'VI_2'], track: [{ interface: 'eth2' }] },
  ]);
  t.deepEqual(
    document.hooks?.map(({ on, names, command, to, format }) => ({ on, names, command, to, format })),
    [
      {
        on: ['sync-group-state'],
        names: ['VG'],
        command: ['/etc/keepalived/master.sh', 'now'],
        to: ['master'],
        format: undefined,
      },
      {
        on: ['sync-group-state'],
        names: ['VG'],
        command: ['/etc/keepalived/notify.sh'],
        to: undefined,
        format: 'keepalived',
      },
    ],
  );
  t.deepEqual(
    notesOf(`${PAIR}\nvrrp_sync_group VG {\n  group { VI_9 }\n}`).filter((note) => note.includes('sync_group')),
    ['k.conf:13: vrrp_sync_group: it has no instance that could be carried over'],
  );
});

test('a script that checks, and checks on the master alone', (t) => {
  const { document } = imported(`
virtual_server 10.0.0.100 80 {
  protocol TCP
  ha_suspend
  alpha
  real_server 10.0.0.11 80 {
    MISC_CHECK {
      misc_path "/usr/local/bin/check.sh 10.0.0.11"
      misc_timeout 7
      user nobody
      misc_dynamic
    }
  }
}`);
  const [service] = document.services ?? [];
  t.is(service?.checks_when, 'master');
  t.like(service?.backends?.[0]?.checks?.[0], {
    type: 'script',
    command: ['/usr/local/bin/check.sh', '10.0.0.11'],
    user: 'nobody',
    timeout: '7s',
    weight_from: 'exit_code',
  });
});

test('a script that checks runs as the user of all scripts, where it names none', (t) => {
  const { document, notes } = imported(`
global_defs {
  script_user nobody
}
virtual_server 10.0.0.100 80 {
  protocol TCP
  alpha
  real_server 10.0.0.11 80 {
    MISC_CHECK {
      misc_path /usr/local/bin/check.sh
    }
  }
}`);
  t.like(document.services?.[0]?.backends?.[0]?.checks?.[0], { type: 'script', user: 'nobody' });
  t.deepEqual(notes, []);
});

const server = (options: string, real = 'real_server 10.0.0.11 80 {\n TCP_CHECK { }\n}') =>
  `virtual_server 10.0.0.100 80 {\n protocol TCP\n alpha\n ${options}\n ${real}\n}`;
const serviceOf = (text: string) => {
  const { document, notes } = imported(text);
  configFromValue(document);
  return { service: document.services?.[0], notes: inOrder(notes).map(noteLine) };
};

test('real servers that are reached in other ways than their virtual server', (t) => {
  const real = ['NAT', 'DR', 'TUN type gre'].map(
    (method, n) => `real_server 10.0.0.1${n} 80 {\n lvs_method ${method}\n TCP_CHECK { }\n}`,
  );
  const { service, notes } = serviceOf(server('lb_kind DR', real.join('\n')));
  t.is(service?.forwarding, 'dsr');
  t.deepEqual(
    service?.backends?.map(({ forwarding, tunnel }) => [forwarding, tunnel]),
    [
      ['nat', undefined],
      [undefined, undefined],
      ['tun', { type: 'gre' }],
    ],
  );
  t.deepEqual(notes, []);
});

test('a sorry server is reached as the virtual server says, or in its own way, and may stay with weight 0', (t) => {
  const sorryOf = (options: string) => serviceOf(server(options)).service?.sorry;
  t.is(sorryOf('sorry_server 10.0.9.9 8080'), '10.0.9.9:8080');
  t.deepEqual(sorryOf('lb_kind DR\nsorry_server 10.0.9.9 8080'), {
    address: '10.0.9.9',
    port: 80,
    forwarding: 'dsr',
    inhibit: false,
  });
  t.deepEqual(sorryOf('lb_kind DR\nsorry_server 10.0.9.9 8080\nsorry_server_lvs_method NAT\nsorry_server_inhibit'), {
    address: '10.0.9.9',
    port: 8080,
    forwarding: 'nat',
    inhibit: true,
  });
  t.deepEqual(sorryOf('sorry_server 10.0.9.9\nsorry_server_lvs_method TUN type gue port 6080 nocsum'), {
    address: '10.0.9.9',
    port: 80,
    forwarding: 'tun',
    tunnel: { type: 'gue', port: 6080 },
    inhibit: false,
  });
});

test('persistence_granularity, with keepalived’s own time where it says none', (t) => {
  const of = (options: string) => serviceOf(server(options));
  t.deepEqual(of('persistence_timeout 60\npersistence_granularity 255.255.255.0').service?.persistence, {
    timeout: '1m',
    granularity: '255.255.255.0',
  });
  t.deepEqual(of('persistence_granularity 255.255.0.0').service?.persistence, {
    timeout: '6m',
    granularity: '255.255.0.0',
  });
  t.deepEqual(of('persistence_timeout 0\npersistence_granularity 255.255.0.0').notes, [
    'k.conf:5: persistence_granularity: there is no persistence',
  ]);
  const six = `virtual_server 2001:db8::1 80 {\n protocol TCP\n alpha\n persistence_granularity 64
 real_server 2001:db8::2 80 {\n TCP_CHECK { }\n }\n}`;
  t.deepEqual(serviceOf(six).service?.persistence, { timeout: '6m', granularity: 64 });
});

const FILES = `track_file load {
  file /run/load
  weight 2
}
track_file both {
  file "/run/both"
}
vrrp_instance A {
  version 3
  interface eth0
  virtual_router_id 1
  virtual_ipaddress { 10.0.0.100 }
  track_file { both weight 3 }
}
`;

test('a FILE_CHECK is a check by a file, with its own weight or the file’s; VRRP has only what it tracks', (t) => {
  const checks = ['load', 'load\n weight 5 reverse', 'both'].map((name) => `FILE_CHECK {\n track_file ${name}\n }`);
  const { document, notes } = imported(FILES + server('', `real_server 10.0.0.11 80 {\n ${checks.join('\n')}\n}`));
  t.deepEqual(document.services?.[0]?.backends?.[0]?.checks, [
    { type: 'file', path: '/run/load', weight: 2 },
    { type: 'file', path: '/run/load', weight: -5 },
    { type: 'file', path: '/run/both', weight: 1 },
  ]);
  t.deepEqual(Object.keys(document.vrrp?.files ?? {}), ['both']);
  t.deepEqual(
    notes.filter(({ keyword }) => /file|FILE/u.test(keyword)),
    [],
  );
  configFromValue(document);
});

test('a FILE_CHECK that cannot be carried over says why', (t) => {
  const left = (check: string) =>
    notesOf(FILES + server('', `real_server 10.0.0.11 80 {\n TCP_CHECK { }\n FILE_CHECK {\n ${check}\n }\n}`)).filter(
      (note) => note.includes(': FILE_CHECK: '),
    );
  t.deepEqual(left('track_file none'), ["k.conf:21: FILE_CHECK: there is no track_file 'none', or it was left out"]);
  t.deepEqual(left('track_file load\n weight 0 reverse'), [
    'k.conf:21: FILE_CHECK: a check by a file here fails at any number but 0, and not at 0 (reverse)',
  ]);
});

test('with DR a real server is reached at the port of its virtual server, and checked at its own', (t) => {
  const { document, notes } = imported(WEB.replace('real_server 10.0.0.12 80', 'real_server 10.0.0.12 8443'));
  const [first, second] = document.services?.[0]?.backends ?? [];
  const portOf = (check: unknown) => (typeof check === 'object' && check !== null ? Reflect.get(check, 'port') : null);
  t.deepEqual([first?.port, first?.checks?.map(portOf)], [undefined, [8080]]);
  t.deepEqual([second?.port, second?.checks?.map(portOf)], [undefined, [8443, 8443]]);
  t.true(notes.map(noteLine).some((note) => note.includes('its port is that of the virtual server, 80')));
});

test('inhibit_on_failure of all real servers is an option of the service, and told nowhere', (t) => {
  const both = (words: string) => WEB.replaceAll(/real_server (\S+) 80 \{/g, `real_server $1 80 {\n${words}`);
  const { document, notes } = imported(both('inhibit_on_failure'));
  t.is(document.services?.[0]?.on_unhealthy, 'inhibit');
  t.deepEqual(notes, []);
  const one = imported(WEB.replace('weight 3', 'weight 3\ninhibit_on_failure'));
  t.deepEqual(one.notes.map(noteLine), [
    'k.conf:11: inhibit_on_failure: it is an option of the whole service here: on_unhealthy',
  ]);
});
