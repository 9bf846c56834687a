-- title: 各医院每月复诊量
-- english: Return visits by month and hospital
-- chart: bar
-- about: 复诊服务，按服务月份与医院计
-- says: Return visits, by month and hospital
-- by: hospital
SELECT month, app AS hospital, count(*) AS visits FROM visit GROUP BY ALL ORDER BY ALL
