const app = document.getElementById('app');
const stream = new EventSource('/api/v1/events?state=true');
stream.addEventListener('state-all', (event) => {
  const list = document.createElement('pre');
  list.textContent = JSON.stringify(JSON.parse(event.data).items, null, 2);
  app.append(list);
});
