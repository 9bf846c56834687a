-- title: 从下单到接诊的分钟数
-- english: Minutes from order to visit
-- chart: line
-- about: 订单时间到服务开始时间，中位数与九成患者以内，按月
-- says: From the order to the start of the visit, by month; the median, and what nine in ten stay under
SELECT visit.month, round(median(minutes), 1) AS median, round(quantile_cont(minutes, 0.9), 1) AS nine_in_ten
FROM visit JOIN "order" USING (app, flowNo, orderId),
  LATERAL (SELECT date_diff('second', "order".createTime, visit.startTime) / 60.0 AS minutes)
WHERE minutes >= 0
GROUP BY ALL ORDER BY visit.month
